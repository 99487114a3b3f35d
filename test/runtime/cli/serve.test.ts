import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { programsOrSkip } from '../../support/programs.js';
import { makePackage } from '../launch/harness.js';
import { runCli } from './run-cli.js';

const curl = programsOrSkip(['sh', 'curl'], 'the line of the banner that works as pasted');
const launch = (answer: string) =>
  `exports.loadmodel = () => 1;\nexports.preprocessing = () => false;\nexports.predict = () => ${answer};\n`;

async function ask(url: string): Promise<unknown> {
  const response = await fetch(`${url}/predict`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"data":"a"}',
  });
  return response.json();
}

it('says what is served, with a line that works as pasted, and stops on SIGTERM', async () => {
  const dir = await makePackage({ 'launch.cjs': launch('({ ok: 1 })'), 'samples/a b.png': 'bytes' }, 'minimal-cjs');
  const server = runCli(['serve', dir, '--port', '0', '--workers', '1', '--prefix', '/x/api']);
  const [, line = ''] = await server.until(/Try it:\n {2}(.+)\n/);
  const { out } = server.output;
  for (const row of [
    /package +minimal-cjs 0\.2\.0/,
    /model type +binary/,
    /labels +1, 2/,
    /warm-up +loaded in \d+ ms, first prediction/,
    /limits +body 20 MB/,
    /\.katonic/,
    /token +none/,
  ]) {
    expect(out).toMatch(row);
  }
  expect(line).toContain('/x/api/predict');
  if (curl) {
    const answer = execFileSync('sh', ['-c', line], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    expect(JSON.parse(answer)).toEqual({ ok: 1 });
  }
  // The log is on standard error, one JSON object a line where it is no terminal.
  for (const text of server.output.err.trim().split('\n')) expect(JSON.parse(text)).toHaveProperty('level');

  const [url = ''] = /http:\/\/[\d.:]+/.exec(out) ?? [];
  const second = runCli(['serve', dir, '--port', new URL(url).port, '--workers', '1']);
  expect(await second.ended).toBe(2);
  expect(second.output.err).toMatch(
    new RegExp(`error: port ${new URL(url).port} on 127\\.0\\.0\\.1 is in use[\\s\\S]*fix: .*--port`),
  );

  // Under npm, which keeps flags to itself; and before anything of the package is loaded.
  expect(second.output.err).not.toContain('worker');
  const third = runCli(['serve', dir, '--port', new URL(url).port], { env: { npm_lifecycle_event: 'serve' } });
  expect(await third.ended).toBe(2);
  expect(third.output.err).toMatch(/fix: .*npm run serve -- --port \d+ /);

  server.child.kill('SIGTERM');
  expect(await server.ended).toBe(0);
}, 60_000);

it.each([
  ['8090', { npm_config_port: 'true' }, 'npm run serve -- --port 8090'],
  ['8090', {}, 'npm run serve -- --port 8090'],
  ['0.0.0.0', { npm_config_host: 'true' }, 'npm run serve -- --host 0.0.0.0'],
])(
  'says how to hand %s on through npm',
  async (path, env, remedy) => {
    const run = runCli(['serve', path], { env: { npm_lifecycle_event: 'serve', ...env } });
    expect(await run.ended).toBe(2);
    expect(run.output.err).toContain(`fix: Put -- before the flags: ${remedy}\n`);
  },
  60_000,
);

it('prints the error of a package once with its place, and no stack of ours', async () => {
  const dir = await makePackage({ 'launch.cjs': `${launch('1')}exports.loadmodel = 5;` }, 'minimal-cjs');
  const run = runCli(['serve', dir, '--port', '0', '--workers', '1']);
  expect(await run.ended).toBe(1);
  expect(run.output.err).toMatch(/error: launch\.cjs:\d+: expected loadmodel to be a function[\s\S]*fix: /);
  expect(run.output.err).not.toMatch(/"stack"|\n? +at /);
}, 60_000);

it('serves a saved change with --watch, and keeps the last version that loads', async () => {
  const dir = await makePackage({ 'launch.cjs': launch('({ version: 1 })') }, 'minimal-cjs');
  const server = runCli(['serve', dir, '--port', '0', '--workers', '1', '--watch']);
  const [url] = await server.until(/http:\/\/[\d.:]+/);
  await server.until(/watching/);
  expect(await ask(url)).toEqual({ version: 1 });
  await writeFile(join(dir, 'launch.cjs'), launch('({ version: 2 })'));
  await server.until(/the change is live/);
  expect(await ask(url)).toEqual({ version: 2 });
  await writeFile(join(dir, 'launch.cjs'), 'exports.loadmodel = (;');
  await server.until(/the change cannot be served[\s\S]*launch\.cjs:1: syntax error/);
  expect(await ask(url)).toEqual({ version: 2 });
  await writeFile(join(dir, 'launch.cjs'), launch('({ version: 3 })'));
  await server.until(/the change is live[\s\S]*the change is live/);
  expect(await ask(url)).toEqual({ version: 3 });
}, 60_000);

it('serves a saved change of schema, labels, class names and model files with --watch, and prints type errors', async () => {
  const launch = `import { readFileSync } from 'node:fs';
    export const loadmodel = () => readFileSync('weights/net.onnx', 'utf8');
    export const preprocessing = () => false;
    const code: string = 5;
    export const predict = (_: unknown, model: string) => ({ model });\n`;
  const dir = await makePackage({ 'launch.ts': launch, 'weights/net.onnx': 'first' }, 'minimal-ts');
  const server = runCli(['serve', dir, '--port', '0', '--workers', '1', '--watch']);
  const [url] = await server.until(/http:\/\/[\d.:]+/);
  await server.until(/launch\.ts:4: Type 'number' is not assignable to type 'string'/);
  await server.until(/watching/);
  let changes = 0;
  const save = async (file: string, text: string) => {
    await writeFile(join(dir, file), text);
    changes += 1;
    await server.until(new RegExp(`(the change is live[^]*){${changes}}`));
  };
  await save('weights/net.onnx', 'second');
  expect(await ask(url)).toEqual({ model: 'second' });
  await save(
    'schema.ts',
    "import Joi from 'joi';\nexport const PredictSchema = Joi.object({ data: Joi.string().min(3).required() });\n",
  );
  expect(await ask(url)).toMatchObject({ detail: [{ loc: ['body', 'data'] }] });
  await save(
    'katonic.json',
    '{"modelType": "binary", "classes": [{"name": "no", "code": 0}, {"name": "yes", "code": 1}]}',
  );
  const { classes } = (await (await fetch(url)).json()) as { classes: { name: string }[] };
  expect(classes.map(({ name }) => name)).toEqual(['no', 'yes']);
}, 120_000);

it.each([
  [['serve', 'nowhere-at-all'], 1, /error: expected a folder at .*nowhere-at-all; there is nothing\n {2}fix: /],
  [
    ['serve', 'package.json/below-a-file'],
    1,
    /error: expected a folder at .*below-a-file; there is nothing\n {2}fix: /,
  ],
  [['serve', '--port', 'x'], 2, /error: --port: expected a whole number/],
  [['serve', '--prot', '1'], 2, /unknown option '--prot'[\s\S]*--port/],
  [['sevre'], 2, /unknown command 'sevre'[\s\S]*serve/],
  [['predict'], 2, /missing required argument/],
])(
  '%j ends with %i',
  async (args, code, message) => {
    const run = runCli(args);
    expect(await run.ended).toBe(code);
    expect(run.output.err).toMatch(message);
    expect(run.output.err).not.toMatch(/\n\s+at /);
    expect(run.output.err).not.toContain('worker');
  },
  60_000,
);
