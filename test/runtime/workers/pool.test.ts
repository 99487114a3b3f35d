import { once } from 'node:events';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { Superseded } from '../../../runtime/workers/supervisor.js';
import { type Served, serveFixture, type TemporaryPackage, temporaryPackage } from '../../support/serve.js';

const LAUNCH = `
import { setTimeout as sleep } from 'node:timers/promises';
export const loadmodel = async () => {};
export const preprocessing = () => false;
export const predict = async (ms) => { await sleep(ms); return VERSION; };
`;
const version = (n: number | string) => LAUNCH.replace('VERSION', JSON.stringify(n));

const cleanups: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function serve(
  launch: string,
  settings: Parameters<typeof serveFixture>[1] = {},
): Promise<[Served, TemporaryPackage]> {
  const pkg = temporaryPackage(launch);
  cleanups.push(() => pkg.remove());
  const served = await serveFixture(pkg.dir, settings);
  cleanups.push(() => served.close());
  return [served, pkg];
}

const bothReady = (served: Served) =>
  expect
    .poll(() => served.pool.stats().workers.filter(({ state }) => state === 'ready').length, { timeout: 20_000 })
    .toBe(2);
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('the queue', () => {
  it('refuses with 429 and Retry-After what does not fit, quickly, and answers all the rest', async () => {
    const [served] = await serve(version(1), { workers: 1, queue: 1 });
    const started = performance.now();
    const answers = await Promise.all(
      Array.from({ length: 12 }, async () => {
        const response = await served.predict(1000);
        return { response, ms: performance.now() - started, body: (await response.json()) as { detail?: string } };
      }),
    );
    const refused = answers.filter(({ response }) => response.status === 429);
    // Two with the worker (one infers, one is preprocessed) and one that waits.
    expect(answers.filter(({ response }) => response.status === 200)).toHaveLength(3);
    expect(refused).toHaveLength(9);
    for (const { response, body, ms } of refused) {
      expect(response.headers.get('retry-after')).toBe('1');
      expect(JSON.stringify(body)).toContain('KATONIC_QUEUE');
      expect(ms).toBeLessThan(1000); // before the first answer
    }
  });

  it('gives up on a request that waits longer than the timeout, and leaves the worker alone', async () => {
    const [served] = await serve(version(1), { workers: 1, timeoutMs: 700 });
    const { pid } = served.pool.stats().workers[0] ?? {};
    const responses = await Promise.all(Array.from({ length: 4 }, () => served.predict(500)));
    const statuses = responses.map(({ status }) => status).sort();
    expect(statuses[0]).toBe(200);
    expect(statuses.at(-1)).toBe(504);
    await pause(800);
    expect(served.pool.stats().workers[0]?.pid).toBe(pid);
    expect((await served.predict(0)).status).toBe(200);
  });

  it('drops the work of a caller that has gone', async () => {
    const launch = `${version(1)}\nexport const seen = [];`.replace(
      'await sleep(ms);',
      `if (ms === 'seen') return seen; seen.push(ms); await sleep(1500);`,
    );
    const [served] = await serve(launch, { workers: 1, queue: 10 });
    const staying = [served.predict(1), served.predict(2)];
    await expect.poll(() => served.pool.stats().workers[0]?.pending, { timeout: 10_000 }).toBe(2);
    const leaving = new AbortController();
    const dropped = [3, 4, 5].map((n) =>
      served.predict(n, { signal: leaving.signal, body: JSON.stringify({ data: n }) }),
    );
    await expect.poll(() => served.pool.stats().queued, { timeout: 10_000 }).toBe(3);
    leaving.abort();
    await Promise.allSettled(dropped);
    await Promise.all(staying);
    expect(served.pool.stats().queued).toBe(0);
    expect(await (await served.predict('seen')).json()).toEqual([1, 2]);
  });

  it('takes idle workers first', async () => {
    const [served] = await serve(version(1).replace('return 1', 'return process.pid'), { workers: 2 });
    await bothReady(served);
    const pids = await Promise.all([300, 300].map(async (ms) => (await served.predict(ms)).json()));
    expect(new Set(pids).size).toBe(2);
  });

  it('lets the front process go before the workers', async () => {
    const [served] = await serve(version(1));
    const { pid = 0 } = served.pool.stats().workers[0] ?? {};
    expect(getPriority(pid)).toBe(Math.min(19, getPriority() + 10));
  });
});

describe('pictures by URL', () => {
  const READS = `
    import { readImage } from 'generator-katonic-classifier/runtime';
    export const loadmodel = () => ({});
    export const preprocessing = (data) => (data.startsWith('http') ? readImage(data, { width: 8, height: 8 }) : false);
    export const predict = () => 'answered';`;

  /** A host that sends its headers and then nothing, as long as anybody waits. */
  async function stalling(): Promise<{ host: string; open: () => number }> {
    const server = createServer((_req, res) => {
      res.writeHead(200, { 'content-type': 'image/png' }).flushHeaders();
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    cleanups.push(() => {
      server.closeAllConnections();
      server.close();
    });
    let open = 0;
    server.on('connection', (socket) => {
      open += 1;
      socket.on('close', () => {
        open -= 1;
      });
    });
    return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, open: () => open };
  }

  it('that do not come keep nobody else waiting, up to 16 a worker', async () => {
    const { host, open } = await stalling();
    const [served] = await serve(READS, { workers: 1, allowHosts: [host], fetchTimeoutMs: 4000 });
    const waiting = Array.from({ length: 16 }, () => served.predict(`http://${host}/`));
    await expect.poll(open, { timeout: 10_000 }).toBe(16);
    const quick = await Promise.all(Array.from({ length: 5 }, () => served.predict('a')));
    expect(await Promise.all(quick.map((response) => response.json()))).toEqual(Array(5).fill('answered'));
    expect(open()).toBe(16);
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual(Array(16).fill(422));
  });

  it('are fetched again when their worker dies under another request, which alone is at fault', async () => {
    const { host, open } = await stalling();
    const launch = READS.replace("() => 'answered'", "(data) => (data === 'exit' ? process.exit(3) : 'answered')");
    const [served] = await serve(launch, { workers: 1, allowHosts: [host], fetchTimeoutMs: 6000 });
    const waiting = Array.from({ length: 5 }, () => served.predict(`http://${host}/`));
    await expect.poll(open, { timeout: 10_000 }).toBe(5);
    expect((await served.predict('exit')).status).toBe(500);
    expect(await (await served.predict('a')).json()).toBe('answered');
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual(Array(5).fill(422));
  });

  it('are not fetched any further when their caller has gone', async () => {
    const { host, open } = await stalling();
    const [served] = await serve(READS, { workers: 1, allowHosts: [host], fetchTimeoutMs: 20_000 });
    const leaving = new AbortController();
    const body = JSON.stringify({ data: `http://${host}/` });
    const left = Array.from({ length: 12 }, () => served.predict('', { signal: leaving.signal, body }));
    await expect.poll(open, { timeout: 10_000 }).toBe(12);
    leaving.abort();
    await Promise.allSettled(left);
    await expect.poll(open, { timeout: 15_000 }).toBe(0);
    await expect.poll(() => served.pool.stats().workers[0]?.pending).toBe(0);
  });
});

describe('preprocessing that outlasts its caller', () => {
  it('does not cost a worker that answers others', async () => {
    const launch = `
      import { setTimeout as sleep } from 'node:timers/promises';
      export const loadmodel = () => ({});
      export const preprocessing = async (data) => { if (data === 'slow') await sleep(4000); return data; };
      export const predict = () => process.pid;`;
    const [served] = await serve(launch, { workers: 1, timeoutMs: 1000 });
    const before = await (await served.predict('a')).json();
    expect((await served.predict('slow')).status).toBe(504);
    await pause(2000);
    expect(await (await served.predict('a')).json()).toBe(before);
  });
});

describe('while every worker is busy', () => {
  it('health, metrics and the page answer', async () => {
    const launch = `${version(1)}`.replace(
      'await sleep(ms);',
      'for (const end = Date.now() + ms; Date.now() < end; );',
    );
    const [served] = await serve(launch, { workers: 1 });
    const busy = [served.predict(1500), served.predict(1)];
    await expect.poll(() => served.pool.stats().workers[0]?.pending).toBe(2);
    for (const path of ['/health/live', '/health/ready', '/metrics', '/']) {
      expect((await fetch(served.url + path)).status, path).toBe(200);
    }
    expect(served.pool.stats().workers[0]?.pending).toBe(2);
    expect((await Promise.all(busy)).map(({ status }) => status)).toEqual([200, 200]);
  });
});

describe('a worker', () => {
  it('preprocesses the next request while it infers this one', async () => {
    const launch = `
      import { setTimeout as sleep } from 'node:timers/promises';
      const seen = [];
      export const loadmodel = () => ({});
      export const preprocessing = (n) => { seen.push('preprocessing ' + n); return n; };
      export const predict = async (n) => { seen.push('predict ' + n); await sleep(300); seen.push('answer ' + n); return seen; };`;
    const [served] = await serve(launch, { workers: 1 });
    const first = served.predict(1);
    await expect.poll(() => served.pool.stats().workers[0]?.pending).toBe(1);
    const last = await (await served.predict(2)).json();
    await first;
    expect(last).toEqual(['preprocessing 1', 'predict 1', 'preprocessing 2', 'answer 1', 'predict 2', 'answer 2']);
  });
});

describe('predictBatch', () => {
  const BATCHED = `${version('single')}
export const batchSize = 4;
export const predictBatch = async (all) => {
  if (all.some((ms) => ms === 'bad')) throw new Error('a bad one');
  await sleep(50);
  return all.map((ms) => [ms, all.length]);
};`.replace('await sleep(ms);', `if (ms === 'bad') throw new Error('bad alone'); await sleep(200); return [ms, 1];`);

  it('gets what queued up, and everybody gets their own answer', async () => {
    const [served] = await serve(BATCHED, { workers: 1 });
    const values = Array.from({ length: 9 }, (_, n) => n);
    const answers = await Promise.all(
      values.map(async (n) => (await served.predict(n)).json() as Promise<[number, number]>),
    );
    expect(answers.map(([n]) => n)).toEqual(values);
    expect(Math.max(...answers.map(([, size]) => size))).toBe(4);
    expect((await (await served.predict(7)).json()) as unknown).toEqual([7, 1]);
  });

  it('lets one bad item fail alone', async () => {
    const [served] = await serve(BATCHED, { workers: 1 });
    const responses = await Promise.all([0, 1, 'bad', 3].map((data) => served.predict(data)));
    expect(responses.map(({ status }) => status)).toEqual([200, 200, 500, 200]);
    expect(served.logger.lines.some(({ message }) => message.includes('one by one'))).toBe(true);
  });
});

describe('swap', () => {
  it('drops no request, and every answer after it is new', async () => {
    const [served, pkg] = await serve(version(1), { workers: 2 });
    let swapped = false;
    let stop = false;
    const answers: { status: number; value: unknown; afterSwap: boolean }[] = [];
    const caller = async () => {
      while (!stop) {
        const afterSwap = swapped;
        const response = await served.predict(5);
        answers.push({ status: response.status, value: await response.json(), afterSwap });
      }
    };
    const callers = [caller(), caller(), caller(), caller()];
    await pause(100);
    pkg.write(version(2));
    await served.swap();
    swapped = true;
    await pause(300);
    stop = true;
    await Promise.all(callers);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(answers.filter(({ afterSwap }) => afterSwap).map(({ value }) => value))).toEqual(new Set([2]));
    expect(answers[0]?.value).toBe(1);
  });

  it('gives up a loading that a newer change overtakes', async () => {
    const [served, pkg] = await serve(version(1));
    pkg.write(
      'export const loadmodel = () => new Promise((r) => setTimeout(r, 60_000));\nexport const predict = () => 2;',
    );
    const hanging = served.swap();
    const told = expect(hanging).rejects.toMatchObject({ message: expect.stringContaining('changed again') });
    await expect.poll(() => served.pool.stats().workers.length).toBe(2);
    pkg.write(version(3));
    await served.swap();
    await told;
    expect(await (await served.predict(0)).json()).toBe(3);
  });

  it('serves the last of several changes that come at once, with its own labels', async () => {
    const [served, pkg] = await serve(version(1));
    const change = (n: number) => {
      pkg.write(version(n));
      writeFileSync(join(pkg.dir, 'labels_file.json'), JSON.stringify({ labels: [n, n + 1] }));
      return served.swap();
    };
    const early = [2, 3, 4].map((n) => expect(change(n)).rejects.toBeInstanceOf(Superseded));
    await change(5);
    await Promise.all(early);
    expect(await (await served.predict(0)).json()).toBe(5);
    expect(served.pkg.labels.codes).toEqual([5, 6]);
  });

  it('says nothing of a half-saved file that a later change makes whole', async () => {
    const [served, pkg] = await serve(version(1));
    const labels = join(pkg.dir, 'labels_file.json');
    writeFileSync(labels, '{"labels": [');
    const half = expect(served.swap()).rejects.toBeInstanceOf(Superseded);
    await Promise.resolve(); // its turn has come, it is reading
    const whole = served.swap();
    await half;
    writeFileSync(labels, '{"labels": [7, 8]}');
    await whole;
    expect(served.pkg.labels.codes).toEqual([7, 8]);
    writeFileSync(labels, '{"labels": [');
    await expect(served.swap()).rejects.toMatchObject({ code: 'package' });
  });

  it('keeps the old workers when the new ones cannot load, and says why', async () => {
    const [served, pkg] = await serve(version(1));
    pkg.write('export const loadmodel = () => { throw new Error("no such model"); };\nexport const predict = () => 2;');
    await expect(served.swap()).rejects.toMatchObject({
      name: 'KatonicError',
      message: expect.stringContaining('no such model'),
    });
    expect(await (await served.predict(0)).json()).toBe(1);
    pkg.write('this is no JavaScript');
    await expect(served.swap()).rejects.toMatchObject({ code: 'package' });
    pkg.write(version(3));
    await served.swap();
    expect(await (await served.predict(0)).json()).toBe(3);
  });
});

describe('loading', () => {
  it('is done by one worker after another', async () => {
    const log = join(mkdtempSync(join(tmpdir(), 'katonic-loading-')), 'log');
    const launch = `
      import { appendFileSync } from 'node:fs';
      import { setTimeout as sleep } from 'node:timers/promises';
      const say = (word) => appendFileSync(${JSON.stringify(log)}, word + ' ');
      export const loadmodel = async () => { say('begins'); await sleep(200); say('ends'); };
      export const predict = () => 1;`;
    const [served] = await serve(launch, { workers: 3 });
    await expect
      .poll(() => served.pool.stats().workers.filter(({ state }) => state === 'ready').length, { timeout: 20_000 })
      .toBe(3);
    expect(readFileSync(log, 'utf8')).toBe('begins ends '.repeat(3));
  });

  it('that fails again and again backs off, also while another worker answers', async () => {
    const [served, pkg] = await serve(version(1), { workers: 2 });
    await bothReady(served);
    pkg.write('export const loadmodel = () => process.exit(7);\nexport const predict = () => 1;');
    process.kill(served.pool.stats().workers[1]?.pid ?? 0, 'SIGKILL');
    let asking = true;
    const asked = (async () => {
      while (asking) expect((await served.predict(1)).status).toBe(200);
    })();
    const waits = () =>
      served.logger.lines
        .flatMap(({ message }) => /next one starts in ([\d.]+) s/.exec(message)?.[1] ?? [])
        .map(Number);
    await expect.poll(() => waits().length, { timeout: 20_000 }).toBeGreaterThanOrEqual(3);
    asking = false;
    await asked;
    expect(waits().slice(0, 3)).toEqual([0.5, 1, 2]);
  });

  it('throws what the first worker threw, and leaves nothing running', async () => {
    const pkg = temporaryPackage(
      'export const loadmodel = () => { throw new Error("no model here"); };\nexport const predict = () => 1;',
    );
    cleanups.push(() => pkg.remove());
    await expect(serveFixture(pkg.dir)).rejects.toMatchObject({ message: expect.stringContaining('no model here') });
  });

  it('backs off when a replacement cannot load, and readiness says why', async () => {
    const [served, pkg] = await serve(version(1));
    pkg.write('export const loadmodel = () => process.exit(7);\nexport const predict = () => 1;');
    process.kill(served.pool.stats().workers[0]?.pid ?? 0, 'SIGKILL');
    const ready = () => fetch(`${served.url}/health/ready`);
    await expect
      .poll(async () => ((await (await ready()).json()) as { reason?: string }).reason, { timeout: 10_000 })
      .toMatch(/could not be loaded \(\d+ times?.*exit code 7/);
    expect((await ready()).status).toBe(503);
    expect((await fetch(`${served.url}/health/live`)).status).toBe(200);
    const refused = await served.predict(0);
    expect(refused.status).toBe(503);
    expect(await refused.json()).toMatchObject({ code: 'not_ready', detail: expect.stringContaining('exit code 7') });
    pkg.write(version(2));
    await expect.poll(async () => (await ready()).status, { timeout: 20_000 }).toBe(200);
    expect(await (await served.predict(0)).json()).toBe(2);
  });
});

describe('workers that are killed again and again', () => {
  it('leave every request answered, and the pool whole', async () => {
    const [served] = await serve(version(1), { workers: 2, queue: 100 });
    let killing = true;
    const killer = (async () => {
      for (let i = 0; killing; i++) {
        const busy = served.pool.stats().workers.filter(({ pending }) => pending > 0);
        const victim = busy[i % Math.max(1, busy.length)];
        if (victim?.pid !== undefined) process.kill(victim.pid, 'SIGKILL');
        await pause(250);
      }
    })();
    const responses = await Promise.all(
      Array.from({ length: 40 }, async (_, i) => {
        await pause(i * 40);
        const response = await served.predict(30);
        return { status: response.status, code: ((await response.json()) as { code?: string }).code };
      }),
    );
    killing = false;
    await killer;
    for (const { status, code } of responses) {
      if (status !== 200) expect([status, code]).toEqual([500, 'worker_lost']);
    }
    expect(responses.filter(({ status }) => status === 200).length).toBeGreaterThan(20);
    await expect
      .poll(() => served.pool.stats().workers.filter(({ state }) => state === 'ready').length, { timeout: 20_000 })
      .toBe(2);
    expect(served.pool.stats().queued).toBe(0);
    expect((await served.predict(0)).status).toBe(200);
  });
});
