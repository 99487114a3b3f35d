import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { compiled } from '../../../runtime/package-root.js';
import { alive, type Front, startFront } from '../../support/front.js';
import { fixture, temporaryPackage } from '../../support/serve.js';
import { runCli, track } from '../cli/run-cli.js';

const fronts: Front[] = [];
async function front(...args: Parameters<typeof startFront>): Promise<Front> {
  const started = await startFront(...args);
  fronts.push(started);
  return started;
}
afterEach(() => {
  for (const { process: child } of fronts.splice(0)) child.kill('SIGKILL');
});

const post = (url: string, data: string) =>
  fetch(`${url}/predict`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ data }),
  });
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const gone = (pids: readonly number[]) =>
  expect.poll(() => pids.filter(alive), { timeout: 10_000, interval: 50 }).toEqual([]);

describe('the front process', () => {
  it('leaves no worker behind when it is killed, not even one that blocks or hangs', async () => {
    const { url, pids, process: child } = await front(fixture('chaos'), { workers: 2 });
    const blocked = [post(url, 'blocks'), post(url, 'hangs')].map((request) => request.catch(() => 'cut off'));
    await pause(500);
    expect(pids.filter(alive)).toHaveLength(2);
    child.kill('SIGKILL');
    await gone(pids);
    expect(await Promise.all(blocked)).toEqual(['cut off', 'cut off']);
  });

  it('finishes what runs after SIGTERM, refuses new connections, and exits with 0', async () => {
    const { url, pids, process: child, ended } = await front(fixture('chaos'));
    const running = [post(url, 'slower'), post(url, 'slower')];
    await pause(500);
    child.kill('SIGTERM');
    await pause(100);
    await expect(post(url, 'ok')).rejects.toThrow();
    expect((await Promise.all(running)).map(({ status }) => status)).toEqual([200, 200]);
    expect(await ended).toEqual({ code: 0, signal: null });
    await gone(pids);
  });

  it('finishes a request whose body is still arriving', async () => {
    const { url, process: child, ended } = await front(fixture('chaos'));
    const body = JSON.stringify({ data: 'ok' });
    const headers = { 'content-type': 'application/json', 'content-length': body.length };
    const sending = request(`${url}/predict`, { method: 'POST', agent: new Agent({ keepAlive: true }), headers });
    const answered = once(sending, 'response');
    sending.write(body.slice(0, 5));
    await pause(300);
    child.kill('SIGTERM');
    await pause(700);
    sending.end(body.slice(5));
    const [response] = (await answered) as [IncomingMessage];
    expect([response.statusCode, response.headers.connection]).toEqual([200, 'close']);
    response.resume();
    expect((await ended).code).toBe(0);
  });

  it('ends on a signal that comes while the model loads, with its workers', async () => {
    const pkg = temporaryPackage(
      'export const loadmodel = () => { console.log("pid", process.pid, "."); return new Promise((done) => setTimeout(done, 60_000)); };\nexport const predict = () => 1;',
    );
    const server = runCli(['serve', pkg.dir, '--port', '0', '--workers', '1']);
    const [, pid] = await server.until(/pid (\d+) \./);
    server.child.kill('SIGTERM');
    expect(await server.ended).toBe(143);
    await gone([Number(pid)]);
    pkg.remove();
  });

  it('ends with the npm that runs it', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'katonic-npm-'));
    const command = `${process.execPath} ${compiled('runtime/cli/cli.js')} serve ${fixture('chaos')} --port 0 --workers 1`;
    writeFileSync(join(dir, 'package.json'), JSON.stringify({ scripts: { serve: command } }));
    const env = { PATH: process.env.PATH, KATONIC_DATA_DIR: join(dir, 'data') };
    const npm = track(spawn('npm', ['run', 'serve'], { cwd: dir, env, detached: true }));
    const [url] = await npm.until(/http:\/\/127\.0\.0\.1:\d+/);
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
    npm.child.kill('SIGTERM');
    await expect
      .poll(
        () =>
          fetch(`${url}/health/live`).then(
            ({ status }) => status,
            () => 'gone',
          ),
        { timeout: 10_000 },
      )
      .toBe('gone');
    rmSync(dir, { recursive: true, force: true });
  });

  it('waits no longer than the grace time', async () => {
    const { url, pids, process: child, ended } = await front(fixture('chaos'), { graceMs: 300 });
    const running = post(url, 'hangs');
    await pause(500);
    const start = performance.now();
    child.kill('SIGTERM');
    const response = await running;
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({
      code: 'not_ready',
      detail: expect.stringContaining('shutting down'),
    });
    expect((await ended).code).toBe(0);
    expect(performance.now() - start).toBeLessThan(4000);
    await gone(pids);
  });

  it('exits at once on the second SIGTERM', async () => {
    const { url, pids, process: child, ended } = await front(fixture('chaos'), { graceMs: 20_000 });
    const running = post(url, 'hangs').catch(() => 'cut off');
    await pause(500);
    child.kill('SIGTERM');
    await pause(1300);
    child.kill('SIGTERM');
    expect((await ended).code).toBe(143);
    expect(await running).toBe('cut off');
    await gone(pids);
  });

  it('takes a signal that comes twice at once, as npm and a terminal send it, for one', async () => {
    const { url, process: child, ended } = await front(fixture('chaos'));
    const running = post(url, 'slower');
    await pause(500);
    child.kill('SIGINT');
    child.kill('SIGTERM');
    expect((await running).status).toBe(200);
    expect((await ended).code).toBe(0);
  });

  it('is not taken down by a worker that is killed', async () => {
    const { url, pids } = await front(fixture('chaos'), { workers: 2 });
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    await pause(50);
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
    await expect.poll(async () => (await post(url, 'ok')).status, { timeout: 10_000 }).toBe(200);
  });
});
