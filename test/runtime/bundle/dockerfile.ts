/** One stage of a Dockerfile: the arguments of each instruction, by its name. */
export type Stage = Readonly<Record<string, readonly string[]>>;

/** A Dockerfile's stages, each from its FROM on; an ARG before the first is of none. Continued lines are joined. */
export function stagesOf(dockerfile: string): Stage[] {
  const stages: Record<string, string[]>[] = [];
  for (const line of dockerfile
    .replace(/^#.*\n/gm, '')
    .replaceAll('\\\n', ' ')
    .split('\n')) {
    const [, name, rest] = /^([A-Z]+) (.*)$/.exec(line.replace(/ +/g, ' ')) ?? [];
    if (name === undefined || rest === undefined) continue;
    if (name === 'FROM') stages.push({});
    const stage = stages.at(-1);
    if (stage !== undefined) stage[name] = [...(stage[name] ?? []), rest];
  }
  return stages;
}
