import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { packageRoot } from '../../../runtime/package-root.js';
import type { Settings } from '../../../runtime/settings.js';
import { type Front, startFront } from '../../support/front.js';
import { residentMb, slope } from '../../support/memory.js';

/** Half of them on each engine. */
const RUNS = Number(process.env.KATONIC_SOAK_RUNS ?? 20_000);
const EXAMPLE = join(packageRoot, 'examples', 'shapes');
const SAMPLES = readdirSync(join(EXAMPLE, 'samples')).map((name) => readFileSync(join(EXAMPLE, 'samples', name)));
const CALLERS = 4;
/** Memory is read a hundred times; the first part of them is warming up: heaps and allocators grow to their working size. */
const READINGS = 100;
const WARM_UP = 0.3;
/** Predictions before tensors are counted for the first time: each picture was seen by then. */
const FEW = 200;
/** A worker tells its tensors every 5 s. */
const GAUGE_MS = 5500;

/** What a process may grow by: 20 MB over 20,000 requests. It is 0.1 to 0.3 kB here, of which most is warming up. */
const BOUND_KB = 1;

/**
 * MB of old space, a little above what a worker with TensorFlow.js holds: by default V8 lets garbage pile up to twice of
 * what is in use, over more requests than are sent here, and that looks like a leak.
 */
const HEAP = { NODE_OPTIONS: '--max-old-space-size=64' };

/** What a process grew by, in kB a request, after warming up. */
interface Growth {
  readonly front: number;
  readonly worker: number;
  /** Of the worker, before and after; `undefined` where the engine does not count them. */
  readonly tensors: readonly (number | undefined)[];
}

/** Serves the example from processes of its own, with one worker: what leaks then adds up in one place. */
async function soak(engine: Settings['engine'], runs: number): Promise<Growth> {
  const dataDir = mkdtempSync(join(tmpdir(), 'katonic-soak-'));
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
  const front = await startFront(EXAMPLE, { engine, dataDir, workers: 1 }, HEAP);
  onTestFinished(() => void front.process.kill('SIGKILL'));
  const pids = { front: front.process.pid as number, worker: front.pids[0] as number };
  const memory: { front: number; worker: number }[] = [];
  const every = Math.ceil(runs / READINGS);
  await predict(front, FEW);
  const tensors = [await tensorsOf(front)];
  // Without a pause: V8 gives memory back when it is idle, and takes it again.
  await predict(front, runs, (count) => {
    if (count % every === 0) memory.push({ front: residentMb(pids.front), worker: residentMb(pids.worker) });
  });
  tensors.push(await tensorsOf(front));
  front.process.kill('SIGKILL');
  await front.ended;
  const after = memory.slice(WARM_UP * memory.length);
  const growth = (process: 'front' | 'worker') => (slope(after.map((at) => at[process])) * 1024) / every;
  const read = (process: 'front' | 'worker') =>
    memory
      .filter((_, at) => at % 10 === 9)
      .map((at) => at[process].toFixed(0))
      .join(' ');
  const result = { front: growth('front'), worker: growth('worker'), tensors };
  console.log(
    `soak on ${engine}: ${runs} predictions over HTTP\n` +
      `  worker ${read('worker')} MB, ${result.worker.toFixed(2)} kB a request\n` +
      `  front  ${read('front')} MB, ${result.front.toFixed(2)} kB a request\n` +
      `  tensors ${tensors.join(' ')}`,
  );
  return result;
}

/** So many predictions over connections that are kept. */
async function predict(front: Front, runs: number, after: (count: number) => void = () => {}): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: CALLERS });
  let begun = 0;
  let done = 0;
  const caller = async () => {
    while (begun < runs) {
      const picture = SAMPLES[begun++ % SAMPLES.length] as Buffer;
      expect(await status(front.url, agent, picture)).toBe(200);
      after(++done);
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
  agent.destroy();
}

function status(url: string, agent: Agent, picture: Buffer): Promise<number | undefined> {
  const headers = { 'content-type': 'image/jpeg', 'content-length': picture.length };
  return new Promise((resolve, reject) => {
    const sent = request(`${url}/predict`, { method: 'POST', agent, headers }, (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode));
    });
    sent.once('error', reject);
    sent.end(picture);
  });
}

async function tensorsOf(front: Front): Promise<number | undefined> {
  await new Promise((resolve) => setTimeout(resolve, GAUGE_MS));
  const text = await (await fetch(`${front.url}/metrics`)).text();
  const found = /^katonic_worker_tensors\{worker="\d+"\} (\d+)$/m.exec(text)?.[1];
  return found === undefined ? undefined : Number(found);
}

it.skipIf(process.platform !== 'linux')(
  `${RUNS} predictions over HTTP: memory and tensors stay flat`,
  async () => {
    const tfjs = await soak('tfjs', RUNS / 2);
    const onnx = await soak('onnx', RUNS / 2);
    expect(tfjs.tensors[0]).toBeGreaterThan(0);
    expect(new Set(tfjs.tensors).size, `tensors ${tfjs.tensors.join(' ')}`).toBe(1);
    for (const { worker, front } of [tfjs, onnx]) {
      expect(worker).toBeLessThan(BOUND_KB);
      expect(front).toBeLessThan(BOUND_KB);
    }
  },
  Math.max(600_000, RUNS * 100),
);
