import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import express, { type ErrorRequestHandler } from 'express';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Problem, toProblem } from '../../../../runtime/errors.js';
import type { Store, StoreOptions } from '../../../../runtime/feedback/store.js';
import { bodyReader } from '../../../../runtime/serving/body.js';
import {
  type FeedbackAnswer,
  type FeedbackRouteOptions,
  feedbackRoutes,
} from '../../../../runtime/serving/routes/feedback.js';
import { aStore, prediction, tempFolder } from '../../feedback/helpers.js';

const PLATFORM_SAMPLE = { predicted_label: [1, 3, 4, 1, 1, 1, 3, 3, 4], true_label: [1, 3, 4, 3, 1, 1, 4, 3, 4] };

/** Shows problems as they are: their HTTP form is the business of serving/errors.ts. */
const bare: ErrorRequestHandler = (error, _request, response, _next) => {
  response.status(400).json(toProblem(error));
};

async function served(options: Partial<StoreOptions> = {}, more: Partial<FeedbackRouteOptions> = {}) {
  const store = await aStore({
    labels: [1, 2, 3, 4],
    classes: [{ name: 'circle', code: 1 }],
    ...options,
  });
  const app = express()
    .use('/api/v1', feedbackRoutes({ store, readBody: bodyReader(1_000_000), ...more }))
    .use(bare);
  const server = app.listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1/feedback`;
  const post = async (body: unknown) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const response = await fetch(url, { method: 'POST', body: text, headers: { 'content-type': 'application/json' } });
    return { status: response.status, body: (await response.json()) as FeedbackAnswer & Problem };
  };
  return { store, post, url };
}

async function problemsOf(post: (body: unknown) => Promise<{ body: Problem }>, body: unknown) {
  const { body: problem } = await post(body);
  return (problem.problems ?? [problem]).map(({ where, message }) => [where?.field, message] as const);
}

async function feedbackCount(store: Store) {
  return (await store.read('all')).confusion.reduce((sum, { count }) => sum + count, 0);
}

describe('POST /feedback', () => {
  it("takes the platform's own sample body", async () => {
    const { post } = await served();
    const { status, body } = await post(PLATFORM_SAMPLE);
    expect(status).toBe(200);
    expect(body).toMatchObject({ received: 9, replaced: 0, warnings: [], batch: { count: 9 }, all: { count: 9 } });
    expect(body.batch.accuracy).toBeCloseTo(7 / 9, 12);
    expect(body.batch.cohen_kappa).toBeCloseTo(2 / 3, 9);
    expect((await post(PLATFORM_SAMPLE)).body.all.count).toBe(18);
  });

  it('takes a prediction by its id, one or several, and replaces what was said before', async () => {
    const { post, store } = await served();
    store.recordPrediction(prediction({ id: 'a', recorded: { label: 1, confidence: 0.8 } }));
    store.recordPrediction(prediction({ id: 'b', recorded: { label: 2 } }));
    expect((await post({ id: 'a', true_label: 2 })).body.all.accuracy).toBe(0);
    const { body } = await post({ id: ['a', 'b'], true_label: [1, 2] });
    expect(body).toMatchObject({ received: 2, replaced: 1, all: { count: 2, accuracy: 1 } });
  });

  it('takes the older body by asking the model', async () => {
    const asked: unknown[] = [];
    const { post } = await served({}, { classify: async (data) => ({ label: asked.push(data) }) });
    expect((await post({ data: [0.1, 0.2, 0.3], label: [1] })).body.batch).toMatchObject({ count: 1, accuracy: 1 });
    expect((await post({ data: ['u', 'v'], label: [2, 4] })).body.batch).toMatchObject({ count: 2, accuracy: 0.5 });
    expect(asked).toEqual([[0.1, 0.2, 0.3], 'u', 'v']);
  });

  it('says what the older body lacks where the model cannot be asked', async () => {
    const { post } = await served();
    const [problem] = await problemsOf(post, { data: 'http://example.com/a.jpg', label: [1] });
    expect(problem?.[0]).toEqual(['body', 'data', 0]);
    expect(problem?.[1]).toContain('no predicted label');
  });

  it('takes codes written as text, with a warning', async () => {
    const { post } = await served();
    const { body } = await post({ predicted_label: ['1', 2], true_label: [1, '2'] });
    expect(body.batch.accuracy).toBe(1);
    expect(body.warnings).toEqual([expect.stringContaining('2 labels')]);
  });

  it('takes text labels as they are', async () => {
    const { post } = await served({ labels: ['cat', 'dog'] });
    const { body } = await post({ predicted_label: ['cat'], true_label: ['dog'] });
    expect(body).toMatchObject({
      warnings: [],
      batch: { top_confusions: [{ true_label: 'dog', predicted_label: 'cat' }] },
    });
  });

  it.each<[string, unknown, [unknown, RegExp][]]>([
    ['nothing', '', [[['body'], /got nothing/]]],
    ['not JSON', '{"predicted_label": [1', [[['body'], /not JSON/]]],
    ['a list', [1, 2], [[['body'], /got a list/]]],
    ['null', 'null', [[['body'], /got null/]]],
    [
      'an empty object',
      {},
      [
        [['body', 'predicted_label'], /required/],
        [['body', 'true_label'], /required/],
      ],
    ],
    ['one list', { predicted_label: [1] }, [[['body', 'true_label'], /required/]]],
    [
      'empty lists',
      { predicted_label: [], true_label: [] },
      [
        [['body', 'predicted_label'], /at least 1/],
        [['body', 'true_label'], /at least 1/],
      ],
    ],
    ['a number for a list', { predicted_label: 1, true_label: [1] }, [[['body', 'predicted_label'], /array; got 1/]]],
    [
      'unequal lengths',
      { predicted_label: [1, 2], true_label: [1] },
      [[['body', 'true_label'], /as many as predicted_label has \(2\), got 1/]],
    ],
    [
      'a label that is not there',
      { predicted_label: [1, 9], true_label: [1, 1] },
      [[['body', 'predicted_label', 1], /\(1, 2, 3, 4\), got 9/]],
    ],
    [
      'a class name',
      { predicted_label: ['circle'], true_label: [1] },
      [[['body', 'predicted_label', 0], /class name: its code is 1/]],
    ],
    ['a fraction', { predicted_label: [1], true_label: [1.5] }, [[['body', 'true_label', 0], /got 1\.5/]]],
    ['a truth value', { predicted_label: [true], true_label: [1] }, [[['body', 'predicted_label', 0], /got true/]]],
    ['null in a list', { predicted_label: [null], true_label: [1] }, [[['body', 'predicted_label', 0], /got null/]]],
    ['a list in a list', { predicted_label: [[1]], true_label: [1] }, [[['body', 'predicted_label', 0], /got \[1\]/]]],
    [
      'several at once',
      { predicted_label: [8, 1], true_label: [1, 9] },
      [
        [['body', 'predicted_label', 0], /got 8/],
        [['body', 'true_label', 1], /got 9/],
      ],
    ],
    ['a field too many', { predicted_label: [1], true_label: [1], extra: 1 }, [[['body', 'extra'], /not allowed/]]],
    ['an id nobody got', { id: 'nope', true_label: 1 }, [[['body', 'id', 0], /no prediction with the id "nope"/]]],
    [
      'fewer labels than ids',
      { id: ['a', 'b'], true_label: [1] },
      [[['body', 'true_label'], /as many as id has \(2\)/]],
    ],
    ['an id that is a number', { id: 5, true_label: 1 }, [[['body', 'id'], /string/]]],
    ['an id with a label that is not there', { id: 'a', true_label: 77 }, [[['body', 'true_label'], /got 77/]]],
    ['data without label', { data: 'x' }, [[['body', 'label'], /required/]]],
    [
      'more inputs than 64',
      { data: Array(65).fill('x'), label: Array(65).fill(1) },
      [[['body', 'data'], /at most 64 inputs, got 65/]],
    ],
    ['more labels than data', { data: ['x'], label: [1, 2] }, [[['body', 'label'], /as many as data has \(1\)/]]],
  ])('refuses %s, names the field and stores nothing', async (_what, body, expected) => {
    const { post, store } = await served();
    const problems = await problemsOf(post, body);
    expect(problems).toHaveLength(expected.length);
    expected.forEach(([field, message], i) => {
      expect(problems[i]?.[0]).toEqual(field);
      expect(problems[i]?.[1]).toMatch(message);
    });
    expect(await feedbackCount(store)).toBe(0);
  });

  it('names at most a hundred wrong labels', async () => {
    const { post } = await served();
    const many = Array.from({ length: 5000 }, () => 99);
    expect((await problemsOf(post, { predicted_label: many, true_label: many })).length).toBe(100);
  });

  it('refuses a body that is too large', async () => {
    const { post } = await served({}, { readBody: bodyReader(100) });
    expect((await post(PLATFORM_SAMPLE)).status).toBe(200);
    expect((await post({ predicted_label: Array(100).fill(1), true_label: Array(100).fill(1) })).body.code).toBe(
      'too_large',
    );
  });

  it('refuses a compressed body', async () => {
    const { url, store } = await served();
    const response = await fetch(url, {
      method: 'POST',
      body: gzipSync(JSON.stringify(PLATFORM_SAMPLE)),
      headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
    });
    expect(await response.json()).toMatchObject({ code: 'unsupported_media_type' });
    expect(await feedbackCount(store)).toBe(0);
  });

  it('counts its body among all those in flight', async () => {
    const readBody = bodyReader(1_000_000, 60);
    const { post } = await served({}, { readBody });
    expect((await post({ predicted_label: [1], true_label: [1] })).status).toBe(200);
    expect((await post(PLATFORM_SAMPLE)).body.code).toBe('queue_full');
  });

  it('takes a body whatever its type says, as curl -d sends it', async () => {
    const { url } = await served();
    const body = `\uFEFF${JSON.stringify(PLATFORM_SAMPLE)}`;
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    expect((await fetch(url, { method: 'POST', body, headers })).status).toBe(200);
  });

  it('asks the model no further, and stores nothing, once the caller of an older body has left', async () => {
    const asked: unknown[] = [];
    const abort = new AbortController();
    let given: AbortSignal | undefined;
    const classify = async (data: unknown, signal: AbortSignal) => {
      given = signal;
      if (asked.push(data) === 2) {
        abort.abort();
        await once(signal, 'abort');
      }
      return { label: 1 };
    };
    const { url, store } = await served({}, { classify });
    const body = JSON.stringify({ data: Array(20).fill('x'), label: Array(20).fill(1) });
    await expect(fetch(url, { method: 'POST', body, signal: abort.signal })).rejects.toThrow();
    await expect.poll(() => given?.aborted).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(asked).toHaveLength(2);
    expect(await feedbackCount(store)).toBe(0);
  });

  it('refuses a prediction whose answer carried no label', async () => {
    const { post, store } = await served();
    store.recordPrediction(prediction({ id: 'a', recorded: {} }));
    const [problem] = await problemsOf(post, { id: 'a', true_label: 1 });
    expect(problem?.[1]).toContain('carried no predicted_label');
  });

  it('refuses a prediction whose answer is no label of labels_file.json', async () => {
    const { post, store } = await served();
    store.recordPrediction(prediction({ id: 'a', recorded: { label: 'circle' } }));
    const [problem] = await problemsOf(post, { id: ['a'], true_label: [1] });
    expect(problem).toEqual([['body', 'id', 0], expect.stringContaining('answered "circle", which is no label')]);
  });

  it('has no model metrics for the model type others', async () => {
    const { post } = await served({ modelType: 'others' });
    expect((await post(PLATFORM_SAMPLE)).body).toMatchObject({
      code: 'invalid_input',
      message: expect.stringContaining('others'),
    });
  });

  it('answers not_ready where nothing can be stored', async () => {
    const { post } = await served({ databaseUrl: 'postgres://nobody@127.0.0.1:1/none', dataDir: tempFolder() });
    expect((await post(PLATFORM_SAMPLE)).body).toMatchObject({ code: 'not_ready', remedy: expect.any(String) });
  });
});
