import { Agent, request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { startFront } from '../../support/front.js';
import { residentMb } from '../../support/memory.js';
import { temporaryPackage } from '../../support/serve.js';

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** The quantile of unsorted values. */
function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
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
});
