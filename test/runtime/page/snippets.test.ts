import { execFile } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Language, snippet } from '../../../runtime/page/snippets.js';
import type { Picture } from '../../../runtime/page/types.js';
import { programsOrSkip } from '../../support/programs.js';

const run = promisify(execFile);
const name = 'it\'s a "picture".jpg';
const bytes = Buffer.from([255, 216, 255, 1, 2, 3]);
const file: Picture = { kind: 'file', blob: new Blob([bytes]), name };
const url: Picture = { kind: 'url', url: 'https://example.com/a picture\'s "name".jpg?x=1&y=$HOME' };

interface Seen {
  readonly authorization: string | undefined;
  readonly body: Buffer;
}

let folder: string;
let seen: Seen | undefined;
const server = createServer(async (request, response) => {
  seen = { authorization: request.headers.authorization, body: await whole(request) };
  response.setHeader('content-type', 'application/json').end('{"ok":true}');
});

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'katonic-snippets-'));
  await writeFile(join(folder, name), bytes);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => void server.close());

async function send(language: Language, picture: Picture, jsonOnly: boolean): Promise<Seen> {
  const target = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1/predict`,
    token: "two words'",
    jsonOnly,
  };
  const code = snippet(language, picture, target);
  seen = undefined;
  if (language === 'curl') await run('bash', ['-c', code], { cwd: folder });
  else {
    // Top-level await and fetch are what TypeScript users have; the code has no types to strip.
    await writeFile(join(folder, 'snippet.mjs'), code);
    await run(process.execPath, ['snippet.mjs'], { cwd: folder });
  }
  return seen as unknown as Seen;
}

const curl = programsOrSkip(['bash', 'curl'], 'the curl line of the page');

describe.each<Language>(curl ? ['curl', 'typescript'] : ['typescript'])('%s as shown', (language) => {
  it('sends a URL and the token as they are', async () => {
    const { authorization, body } = await send(language, url, false);
    expect(authorization).toBe("two words'");
    expect(JSON.parse(body.toString())).toEqual({ data: (url as { url: string }).url });
  });

  it('sends a file as base64 for the platform', async () => {
    const { body } = await send(language, file, true);
    expect(JSON.parse(body.toString())).toEqual({ data: bytes.toString('base64') });
  });
});

it.skipIf(!curl)('curl uploads a file as multipart here', async () => {
  const plain: Picture = { kind: 'file', blob: new Blob([bytes]), name: 'star.jpg' };
  await writeFile(join(folder, 'star.jpg'), bytes);
  const { body } = await send('curl', plain, false);
  expect(body.includes(bytes)).toBe(true);
  expect(body.toString('latin1')).toContain('filename="star.jpg"');
});

const python = programsOrSkip(['python3'], 'the Python line of the page');

it.skipIf(!python)('Python compiles, and names file, URL and token', async () => {
  const target = { url: 'http://127.0.0.1:1/api/v1/predict', token: 'two words', jsonOnly: true };
  const code = snippet('python', file, target);
  await run('python3', ['-c', 'import sys; compile(sys.argv[1], "snippet", "exec")', code]);
  expect(code).toContain('headers={"Authorization": "two words"}');
  expect(code).toContain(`open(${JSON.stringify(name)}, "rb")`);
});

async function whole(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
