import type { Picture } from './types.js';

export type Language = 'curl' | 'python' | 'typescript';

/** Where the request goes: this server, or the platform, whose URL ends in /api/v1/predict and whose token stands alone in Authorization. */
export interface Target {
  readonly url: string;
  readonly token: string;
  /** The platform takes JSON and no multipart. */
  readonly jsonOnly: boolean;
}

/** The request just made, as code to paste. */
export function snippet(language: Language, picture: Picture, target: Target): string {
  switch (language) {
    case 'curl':
      return curl(picture, target);
    case 'python':
      return python(picture, target);
    case 'typescript':
      return typescript(picture, target);
  }
}

function curl(picture: Picture, { url, token, jsonOnly }: Target): string {
  if (picture.kind === 'file' && jsonOnly) {
    return [
      `echo "{\\"data\\":\\"$(base64 < ${shell(picture.name)} | tr -d '\\n')\\"}" |`,
      `curl ${shell(url)}${token === '' ? '' : ` -H ${shell(`Authorization: ${token}`)}`} --json @-`,
    ].join('\n  ');
  }
  const head = [`curl ${shell(url)}`];
  if (token !== '') head.push(`-H ${shell(`Authorization: ${token}`)}`);
  const body =
    picture.kind === 'file'
      ? `-F ${shell(`file=@${picture.name}`)}`
      : `--json ${shell(JSON.stringify({ data: picture.url }))}`;
  return [...head, body].join(' \\\n  ');
}

function python(picture: Picture, { url, token }: Target): string {
  const auth = token === '' ? '' : `\n    headers={"Authorization": ${JSON.stringify(token)}},`;
  const lines = picture.kind === 'file' ? ['import base64', '', 'import requests', ''] : ['import requests', ''];
  if (picture.kind === 'file') {
    lines.push(
      `with open(${JSON.stringify(picture.name)}, "rb") as picture:`,
      '    data = base64.b64encode(picture.read()).decode()',
      '',
    );
  }
  const data = picture.kind === 'file' ? 'data' : JSON.stringify(picture.url);
  return [
    ...lines,
    'answer = requests.post(',
    `    ${JSON.stringify(url)},${auth}`,
    `    json={"data": ${data}},`,
    ')',
    'answer.raise_for_status()',
    'print(answer.json())',
  ].join('\n');
}

function typescript(picture: Picture, { url, token }: Target): string {
  const auth = token === '' ? '' : `, Authorization: ${JSON.stringify(token)}`;
  const lines =
    picture.kind === 'file'
      ? [
          "import { readFile } from 'node:fs/promises';",
          '',
          `const data = await readFile(${JSON.stringify(picture.name)}, 'base64');`,
        ]
      : [`const data = ${JSON.stringify(picture.url)};`];
  return [
    ...lines,
    `const answer = await fetch(${JSON.stringify(url)}, {`,
    "  method: 'POST',",
    `  headers: { 'Content-Type': 'application/json'${auth} },`,
    '  body: JSON.stringify({ data }),',
    '});',
    'if (!answer.ok) throw new Error(await answer.text());',
    'console.log(await answer.json());',
  ].join('\n');
}

function shell(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
