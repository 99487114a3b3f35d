import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { afterEach, expect, it, vi } from 'vitest';
import { prepareApart } from '../../../runtime/convert/in-child.js';
import { compiled } from '../../../runtime/package-root.js';
import { temporaryFolder } from './files.js';

const MODEL = join(import.meta.dirname, '../../fixtures/convert/mobilenet-v2-layers/model.json');

afterEach(() => {
  vi.unstubAllEnvs();
});

it('a crash of the process that converts is said with its reason, and leaves no verdict', async () => {
  const cache = await temporaryFolder();
  // As V8 ends a process whose heap is full, under every version of Node alike.
  const crash = join(await temporaryFolder(), 'crash.cjs');
  writeFileSync(crash, "require('fs').writeSync(2, 'FATAL ERROR: heap out of memory\\n'); process.abort();");
  vi.stubEnv('NODE_OPTIONS', `--require ${crash}`);
  const reason = expect.stringMatching(
    /^the conversion failed: it ended with SIGABRT: FATAL ERROR: heap out of memory/,
  );
  expect(await prepareApart(MODEL, cache)).toEqual({ ok: false, reason });
  expect(readdirSync(cache).filter((name) => name.endsWith('.json'))).toEqual([]);
  vi.unstubAllEnvs();
  expect(await prepareApart(MODEL, cache)).toMatchObject({ ok: true });
});

it('what a broken model is refused for is said as it is', async () => {
  const cache = await temporaryFolder();
  expect(await prepareApart(join(cache, 'model.json'), cache)).toEqual({
    ok: false,
    reason: 'the conversion failed: the model file cannot be read',
  });
});

it.skipIf(!existsSync('/proc/self/task'))('the process that converts ends with a server that is killed', async () => {
  const cache = join(await temporaryFolder(), 'cache');
  const script = `import(${JSON.stringify(pathToFileURL(compiled('runtime/convert/in-child.js')))})
    .then(({ prepareApart }) => prepareApart(...process.argv.slice(1)))`;
  const server = spawn(process.execPath, ['-e', script, MODEL, cache], { stdio: 'ignore' });
  const children = () =>
    spawnSync('ps', ['-o', 'pid=', '--ppid', String(server.pid)], { encoding: 'utf8' }).stdout.trim();
  await vi.waitFor(() => expect(children()).toMatch(/^\d+$/), { timeout: 10_000, interval: 20 });
  const child = Number(children());
  // Its watch is running: from here on it needs seconds to load TensorFlow.js and to compare.
  await vi.waitFor(() => expect(existsSync(cache)).toBe(true), { timeout: 10_000, interval: 5 });
  server.kill('SIGKILL');
  await vi.waitFor(() => expect(() => process.kill(child, 0)).toThrow(), { timeout: 10_000, interval: 50 });
  await sleep(100);
  expect(readdirSync(cache).filter((name) => name.endsWith('.json'))).toEqual([]);
});
