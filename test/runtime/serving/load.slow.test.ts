import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { startFront } from '../../support/front.js';
import { serveFixture, temporaryPackage } from '../../support/serve.js';

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Resident memory of a process, in MB. */
function residentMb(pid: number): number {
  const kilobytes = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) / 1024;
}

/** The quantile of unsorted values. */
function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}

/** Rise of the values over their whole length, by least squares. */
function rise(values: readonly number[]): number {
  const n = values.length;
  const [meanX, meanY] = [(n - 1) / 2, values.reduce((sum, y) => sum + y, 0) / n];
  const [over, under] = values.reduce(
    ([a, b], y, x) => [a + (x - meanX) * (y - meanY), b + (x - meanX) ** 2],
    [0, 0],
  ) as [number, number];
  return (over / under) * n;
}

describe.skipIf(process.platform !== 'linux')('under load', () => {
  it('ten times its capacity: what is accepted is answered in time, the rest refused quickly, memory stays', async () => {
    const pkg = temporaryPackage(`
      export const loadmodel = () => ({});
      export const preprocessing = () => false;
      export const predict = () => new Promise((resolve) => setTimeout(resolve, 200, 1));`);
    const front = await startFront(pkg.dir, { workers: 2, queue: 20, timeoutMs: 5000 });
    const agent = new Agent({ keepAlive: true });
    const body = Buffer.from(JSON.stringify({ data: 'x'.repeat(20_000) }));
    const outcomes: { status: number; ms: number }[] = [];
    const failures: unknown[] = [];
    const one = () =>
      new Promise<void>((resolve) => {
        const start = performance.now();
        const headers = { 'content-type': 'application/json', 'content-length': body.length };
        const req = request(`${front.url}/predict`, { method: 'POST', agent, headers }, (res) => {
          res.resume();
          res.on('end', () => {
            outcomes.push({ status: res.statusCode ?? 0, ms: performance.now() - start });
            resolve();
          });
        });
        req.on('error', (error) => {
          failures.push(error);
          resolve();
        });
        req.end(body);
      });
    const memory: number[] = [];
    const running: Promise<void>[] = [];
    // Two workers at 200 ms each answer 10 a second; this asks for 100 a second.
    for (let tick = 0; tick < 200; tick++) {
      for (let i = 0; i < 5; i++) running.push(one());
      if (tick % 10 === 0) memory.push(residentMb(front.process.pid as number));
      await pause(50);
    }
    await Promise.all(running);
    front.process.kill('SIGKILL');
    pkg.remove();
    const accepted = outcomes.filter(({ status }) => status === 200).map(({ ms }) => ms);
    const refused = outcomes.filter(({ status }) => status === 429).map(({ ms }) => ms);
    console.log(
      `overload: ${accepted.length} accepted, p99 ${quantile(accepted, 0.99).toFixed(0)} ms; ` +
        `${refused.length} refused, p50 ${quantile(refused, 0.5).toFixed(1)} ms, p99 ${quantile(refused, 0.99).toFixed(0)} ms; ` +
        `front RSS ${memory[0]?.toFixed(0)} -> ${memory.at(-1)?.toFixed(0)} MB`,
    );
    expect(failures).toEqual([]);
    expect(outcomes.filter(({ status }) => status !== 200 && status !== 429)).toEqual([]);
    expect(accepted.length + refused.length).toBe(running.length);
    expect(quantile(accepted, 0.99)).toBeLessThan(5000);
    expect(quantile(refused, 0.5)).toBeLessThan(50);
    expect(Math.max(...memory.slice(5)) - (memory[5] as number)).toBeLessThan(60);
  });

  it('twenty thousand predictions of pictures: memory stays flat', async () => {
    const runs = Number(process.env.KATONIC_SOAK_RUNS ?? 20_000);
    const pkg = temporaryPackage(`
      import { readImage } from 'generator-katonic-classifier/runtime';
      export const loadmodel = () => ({});
      export const preprocessing = (data) => readImage(data, { width: 64, height: 64 });
      export const predict = ({ data }) => ({ predicted_label: 1, first: data[0] });`);
    const served = await serveFixture(pkg.dir, { workers: 2 });
    await expect
      .poll(() => served.pool.stats().workers.filter(({ state }) => state === 'ready').length, { timeout: 20_000 })
      .toBe(2);
    const pictures = await Promise.all(
      [100, 200, 300].map((size) =>
        sharp({ create: { width: size, height: size, channels: 3, background: '#884422' } })
          .jpeg()
          .toBuffer(),
      ),
    );
    const pids = served.pool.stats().workers.map(({ pid }) => pid as number);
    const memory: number[][] = [];
    let left = runs;
    const caller = async () => {
      while (left-- > 0) {
        const picture = pictures[left % pictures.length] as Buffer;
        const { body } = await served.pool.predict('bytes', picture).answer;
        if (body.length === 0) expect.fail('an empty answer');
        if (left % Math.ceil(runs / 100) === 0) memory.push(pids.map(residentMb));
      }
    };
    await Promise.all([caller(), caller(), caller(), caller()]);
    // The first fifth is warming up: heaps and allocators grow to their working size.
    const slopes = pids.map((_, worker) => rise(memory.slice(20).map((at) => at[worker] as number)));
    console.log(
      `soak: ${runs} predictions, RSS ${memory
        .filter((_, at) => at % 10 === 0)
        .map(([mb]) => mb?.toFixed(0))
        .join(' ')} MB, rise over the last 80 %: ${slopes.map((mb) => `${mb.toFixed(1)} MB`).join(', ')}`,
    );
    await served.close();
    pkg.remove();
    // A heap breathes by 20 MB; leaking the tensor of one request in twenty (49 kB each) would add 39 MB.
    for (const mb of slopes) expect(mb).toBeLessThan(30);
  });
});
