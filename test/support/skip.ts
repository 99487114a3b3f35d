/**
 * What tests need of this machine, as it was found; without it, one line that names what is skipped. Where everything
 * has to be there (CI), its absence is a failure.
 */
export function foundOrSkip<T>(found: T | undefined, name: string, what: string): T | undefined {
  if (found !== undefined) return found;
  if (process.env.CI === 'true') throw new Error(`${name} is missing, and ${what} needs it`);
  process.stderr.write(`skipped: ${what} (${name} is not there)\n`);
  return undefined;
}
