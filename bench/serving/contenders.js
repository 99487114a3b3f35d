// The servers side by side: how each is started, where it takes its pictures. All with two processes that infer, one thread each.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { cacheFolder, run } from '../support.js';

const here = fileURLToPath(new URL('.', import.meta.url));
const peers = join(here, '../peers');
const cli = join(here, '../../dist/runtime/cli/cli.js');

/** Versions are pinned: a result without them means nothing. */
const requirements = {
  fastapi: ['fastapi==0.165.0', 'uvicorn[standard]==0.54.0', 'python-multipart==0.0.34'],
  litserve: ['litserve==0.2.19'],
  bentoml: ['bentoml==1.4.39'],
  mlserver: ['mlserver==1.7.1', 'uvloop==0.21.0'],
};
const common = ['onnxruntime==1.32.0', 'pillow==13.0.0', 'numpy==2.3.5'];

const json = (data) => ({ type: 'application/json', body: JSON.stringify({ data }) });
const v2 = (data) => ({
  type: 'application/json',
  body: JSON.stringify({ inputs: [{ name: 'data', shape: [1], datatype: 'BYTES', data: [data] }] }),
});

const fastapi = (port, python) => [
  ...[python, '-m', 'uvicorn', 'app:app', '--port', String(port), '--workers', '2'],
  ...['--log-level', 'warning', '--no-access-log'],
];

/**
 * One server. `command(port, python)` gives what to run; `json` and `multipart` are the paths that take such bodies,
 * `multipart` absent where the server has no such thing.
 */
export const contenders = [
  {
    name: 'ours',
    command: (port) => [
      process.execPath,
      cli,
      'serve',
      join(here, 'package'),
      '--port',
      String(port),
      '--workers',
      '2',
    ],
    cwd: here,
    env: { KATONIC_PRODUCTION: '1' },
    json: '/predict',
    multipart: '/predict',
    body: json,
  },
  {
    name: 'ours, empty handler',
    command: (port) => [process.execPath, cli, 'serve', join(here, 'empty'), '--port', String(port), '--workers', '2'],
    cwd: here,
    env: { KATONIC_PRODUCTION: '1' },
    json: '/predict',
    body: json,
    empty: true,
  },
  {
    name: 'FastAPI',
    needs: 'fastapi',
    command: fastapi,
    cwd: join(peers, 'fastapi'),
    json: '/predict',
    multipart: '/predict-file',
    body: json,
  },
  {
    name: 'FastAPI, empty handler',
    needs: 'fastapi',
    command: fastapi,
    cwd: join(peers, 'fastapi'),
    json: '/empty',
    body: json,
    empty: true,
  },
  {
    name: 'FastAPI, Pillow draft',
    needs: 'fastapi',
    command: fastapi,
    cwd: join(peers, 'fastapi'),
    env: { BENCH_DRAFT: '1' },
    json: '/predict',
    multipart: '/predict-file',
    body: json,
  },
  {
    name: 'LitServe',
    needs: 'litserve',
    command: (_, python) => [python, 'app.py'],
    cwd: join(peers, 'litserve'),
    json: '/predict',
    body: json,
  },
  {
    name: 'BentoML',
    needs: 'bentoml',
    command: (port, python) => [
      python,
      '-m',
      'bentoml',
      'serve',
      'service:Serving',
      '--port',
      String(port),
      '--host',
      '127.0.0.1',
    ],
    cwd: join(peers, 'bentoml'),
    env: { BENTOML_DO_NOT_TRACK: 'true' },
    json: '/predict',
    multipart: '/predict-file',
    body: json,
  },
  {
    name: 'MLServer',
    needs: 'mlserver',
    command: (_, python) => [join(dirname(python), 'mlserver'), 'start', '.'],
    cwd: join(peers, 'mlserver'),
    env: {
      MLSERVER_PARALLEL_WORKERS: '2',
      MLSERVER_DEBUG: 'false',
      MLSERVER_GRPC_PORT: '0',
      MLSERVER_METRICS_PORT: '0',
    },
    json: '/v2/models/classifier/infer',
    body: v2,
  },
];

/** Makes the virtual environment that a Python peer runs in, once; returns its interpreter. */
export async function environmentOf(name, onProgress) {
  const folder = join(cacheFolder, 'venv', name);
  const python = join(folder, 'bin/python');
  const stamp = [...requirements[name], ...common].join(' ');
  const made = await run(python, ['-c', `print(open(${JSON.stringify(join(folder, 'stamp'))}).read())`]).catch(
    () => '',
  );
  if (made.trim() === stamp) return python;
  onProgress(`installing ${name} from PyPI`);
  mkdirSync(join(cacheFolder, 'venv'), { recursive: true });
  await run('python3', ['-m', 'venv', '--clear', folder]);
  await run(python, ['-m', 'pip', 'install', '-q', ...requirements[name], ...common]);
  await run(python, ['-c', `open(${JSON.stringify(join(folder, 'stamp'))}, 'w').write(${JSON.stringify(stamp)})`]);
  return python;
}

/** The packages of an environment that decide how fast it is, as pip names them. */
export async function versionsOf(python) {
  const told = /^(fastapi|uvicorn|litserve|bentoml|mlserver|onnxruntime|pillow|numpy|uvloop|pydantic)==/i;
  const lines = (await run(python, ['-m', 'pip', 'freeze'])).split('\n');
  return lines.filter((line) => told.test(line)).map((line) => line.toLowerCase());
}

/**
 * Starts a server and waits until it has answered one prediction.
 *
 * @returns the process, its address, and the seconds from start to that first answer
 */
export async function start(contender, { python, model, picture }) {
  const port = await freePort();
  const [command, ...args] = contender.command(port, python);
  const started = performance.now();
  const child = spawn(command, args, {
    cwd: contender.cwd,
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
    env: {
      ...process.env,
      PYTHONPATH: peers,
      BENCH_MODEL: model,
      BENCH_PORT: String(port),
      MLSERVER_HTTP_PORT: String(port),
      ...contender.env,
    },
  });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said = (said + chunk).slice(-4000);
  });
  const url = `http://127.0.0.1:${port}`;
  const { type, body } = contender.body(picture.toString('base64'));
  for (;;) {
    if (child.exitCode !== null)
      throw new Error(`${contender.name} ended with ${child.exitCode} before it answered:\n${said}`);
    if (performance.now() - started > 120_000)
      throw new Error(`${contender.name} did not answer within 120 s:\n${said}`);
    const response = await fetch(url + contender.json, {
      method: 'POST',
      headers: { 'content-type': type },
      body,
    }).catch(() => undefined);
    if (response?.ok) {
      await response.arrayBuffer();
      return { contender, child, url, startSeconds: (performance.now() - started) / 1000 };
    }
    if (response) said = `it answers ${response.status}: ${await response.text()}`;
    await sleep(20);
  }
}

export async function stop({ child }) {
  if (child.exitCode !== null) return;
  const ended = once(child, 'exit');
  process.kill(-child.pid, 'SIGTERM');
  const late = setTimeout(() => process.kill(-child.pid, 'SIGKILL'), 10_000);
  await ended;
  clearTimeout(late);
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
