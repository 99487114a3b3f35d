import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fixture, type Served, serveFixture } from '../../support/serve.js';

/** What a launch module can do wrong, and the documented answer to it (docs/http.md). */
const ANSWERS: readonly [behaviour: string, status: number, code: string, says: RegExp][] = [
  ['throws', 500, 'user_code', /TypeError: the model has no opinion/],
  ['throws-text', 500, 'user_code', /just text/],
  ['hangs', 504, 'timeout', /did not answer within 1 s/],
  ['blocks', 504, 'timeout', /did not answer within 1 s/],
  ['exits', 500, 'worker_lost', /exit code 3: process\.exit was called/],
  ['aborts', 500, 'worker_lost', /SIGABRT/],
  ['throws-later', 500, 'worker_lost', /outside of any request: thrown from a timer/],
  ['breaks-channel', 500, 'worker_lost', /channel broke/],
  ['cycle', 500, 'user_code', /self is an object that contains itself/],
  ['bigint', 500, 'user_code', /n is /],
  ['nan', 500, 'user_code', /confidence is NaN/],
  ['tensor', 500, 'user_code', /a tensor/],
  ['nothing', 500, 'user_code', /undefined/],
  ['error', 500, 'user_code', /returned/],
  ['huge', 500, 'user_code', /100 MB of JSON/],
];

const POLL = { timeout: 10_000 };

describe('a launch module that misbehaves', () => {
  let served: Served;

  beforeAll(async () => {
    served = await serveFixture(fixture('chaos'), { timeoutMs: 1000, workers: 1 });
  });
  afterAll(() => served.close());

  const expectFine = async () => {
    // The replacement of a dead worker loads within the one second that a request may take, but for a loaded machine.
    let response = await served.predict('ok');
    for (let i = 0; i < 10 && response.status === 504; i++) response = await served.predict('ok');
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ predicted_label: 1 });
  };

  it.each(ANSWERS)(
    'in predict: %s is answered %i %s, and the next request works',
    async (behaviour, status, code, says) => {
      const response = await served.predict(behaviour);
      const body = (await response.json()) as { code: string; detail: string; id: string };
      expect([response.status, body.code]).toEqual([status, code]);
      expect(body.detail).toMatch(says);
      expect(body.id).toBe(response.headers.get('x-request-id'));
      await expectFine();
    },
  );

  it.each(['pre:throws', 'pre:exits', 'pre:hangs', 'pre:blocks'])('in preprocessing: %s', async (behaviour) => {
    const wanted = ANSWERS.find(([name]) => `pre:${name}` === behaviour);
    const response = await served.predict(behaviour);
    const body = (await response.json()) as { code: string };
    expect([response.status, body.code]).toEqual([wanted?.[1], wanted?.[2]]);
    await expectFine();
  });

  it('names file, line and function of what threw', async () => {
    const response = await served.predict('throws');
    expect(await response.json()).toMatchObject({ where: { file: 'launch.js', line: 17, function: 'throws' } });
    const line = served.logger.lines.findLast(({ level }) => level === 'error');
    expect(line?.message).toContain('the model has no opinion');
    expect(line?.details[0]).toMatchObject({ code: 'user_code', stack: expect.stringContaining('launch.js:17') });
  });

  it('logs a rejection that nobody handles, with its stack, and goes on in the same process', async () => {
    const before = await (await served.predict('pid')).json();
    expect((await served.predict('rejects-later')).status).toBe(200);
    await expect
      .poll(() => served.logger.lines.find(({ message }) => message.includes('nobody waits for me'))?.details[0], POLL)
      .toMatchObject({ stack: expect.stringContaining('launch.js') });
    expect(await (await served.predict('pid')).json()).toBe(before);
  });

  it('cuts a megabyte of log a request', async () => {
    served.logger.lines.length = 0;
    for (let i = 0; i < 5; i++) expect((await served.predict('logs')).status).toBe(200);
    await expect.poll(() => served.logger.lines.filter(({ message }) => message.startsWith('z')).length, POLL).toBe(5);
    const kept = served.logger.lines.filter(({ message }) => /^[yz]/.test(message));
    expect(kept).toHaveLength(10);
    for (const { message } of kept) expect(message.length).toBeLessThan(9000);
  });

  it('keeps others alive: requests that shared the worker are run again', async () => {
    const slow = served.predict('slow');
    const exits = served.predict('pre:exits');
    expect((await slow).status).toBe(200);
    expect((await exits).status).toBe(500);
    await expectFine();
  });
});

describe('a worker that runs out of memory', () => {
  it('is answered 500 with the reason, and replaced', async () => {
    const before = process.env.NODE_OPTIONS;
    process.env.NODE_OPTIONS = '--max-old-space-size=96';
    const served = await serveFixture(fixture('chaos'), { timeoutMs: 20_000 });
    if (before === undefined) delete process.env.NODE_OPTIONS;
    else process.env.NODE_OPTIONS = before;
    try {
      const response = await served.predict('allocates');
      expect(response.status).toBe(500);
      expect(await response.json()).toMatchObject({
        code: 'worker_lost',
        detail: expect.stringMatching(/out of memory/),
      });
      expect((await served.predict('ok')).status).toBe(200);
    } finally {
      await served.close();
    }
  });
});

describe('in production', () => {
  it('the caller learns an id only, the log everything', async () => {
    const served = await serveFixture(fixture('chaos'), { production: true });
    try {
      const response = await served.predict('throws');
      const body = (await response.json()) as { id: string };
      expect(response.status).toBe(500);
      expect(JSON.stringify(body)).not.toMatch(/opinion|launch\.js/);
      const line = served.logger.lines.findLast(({ level }) => level === 'error');
      expect(line?.details[0]).toMatchObject({ id: body.id, stack: expect.stringContaining('launch.js:17') });
    } finally {
      await served.close();
    }
  });
});
