import type { AddressInfo } from 'node:net';
import express, { type ErrorRequestHandler } from 'express';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Problem, toProblem } from '../../../runtime/errors.js';
import type { StoreOptions } from '../../../runtime/feedback/store.js';
import type { Figures } from '../../../runtime/monitoring/figures.js';
import { bodyReader } from '../../../runtime/serving/body.js';
import { observe } from '../../../runtime/serving/observation.js';
import type { PoolStats } from '../../../runtime/workers/pool.js';
import { keepingLogger } from '../../support/serve.js';
import { aStore, prediction } from '../feedback/helpers.js';

const pool: PoolStats = {
  queued: 3,
  restarts: 1,
  workers: [
    { number: 1, pid: 10, state: 'ready', pending: 1, answered: 7, rssBytes: 1_000_000, tensors: 42 },
    { number: 2, pid: 11, state: 'loading', pending: 0, answered: 0, rssBytes: 0, tensors: undefined },
  ],
};

const refuse = (): never => {
  throw new Error('no test here asks the model');
};

const bare: ErrorRequestHandler = (error, _request, response, _next) => {
  response.status(400).json(toProblem(error));
};

async function observed(options: Partial<StoreOptions> = {}) {
  const store = await aStore({ labels: [1, 2, 3], ...options });
  const logger = keepingLogger();
  const readBody = bodyReader(1_000_000);
  const observation = observe({ store, pool: { stats: () => pool, predict: refuse }, readBody, logger });
  const app = express();
  for (const router of observation.routers.prefixed) app.use('/api/v1', router);
  for (const router of observation.routers.root) app.use(router);
  const server = app.use(bare).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const feedback = (body: unknown) =>
    fetch(`${url}/api/v1/feedback`, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    });
  return { observation, store, url, feedback, logger };
}

async function monitoring(url: string, query = '') {
  return (await (await fetch(`${url}/api/v1/monitoring${query}`)).json()) as Figures & Problem;
}

/** The events of a stream, one at a time. */
async function* events(url: string, query = '', signal?: AbortSignal): AsyncGenerator<Figures> {
  const response = await fetch(`${url}/api/v1/monitoring/stream${query}`, { signal: signal ?? null });
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  let text = '';
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const data = /^event: figures\ndata: (.*)$/m.exec(text.slice(0, end))?.[1];
      text = text.slice(end + 2);
      if (data !== undefined) yield JSON.parse(data);
    }
  }
}

describe('the log', () => {
  it('has one short line for each answered prediction, with its id', async () => {
    const { observation, logger } = await observed();
    const stages = { infer: 20, total: 27.25 };
    observation.onPrediction(prediction({ id: 'a', stages, recorded: { label: 2, confidence: 0.98765432 } }));
    const { recorded: _, ...plain } = prediction({ id: 'b', stages });
    observation.onPrediction(plain);
    observation.onPrediction(prediction({ id: 'c', stages, recorded: { label: 'x'.repeat(5000) } }));
    // Refused and failed ones have a line already, where errors are answered.
    observation.onPrediction({ ...plain, id: 'd', status: 422 });
    expect(logger.lines.map(({ level, message, details }) => [level, message, details[0]])).toEqual([
      ['info', 'predicted', { id: 'a', label: 2, confidence: 0.9877, ms: 27.3 }],
      ['info', 'predicted', { id: 'b', ms: 27.3 }],
      ['info', 'predicted', { id: 'c', label: 'x'.repeat(60), ms: 27.3 }],
    ]);
  });
});

describe('GET /monitoring', () => {
  it('shows a prediction and the feedback on it at once', async () => {
    const { observation, url, feedback } = await observed();
    observation.onPrediction(prediction({ id: 'a', recorded: { label: 1, confidence: 0.7 } }));
    expect((await feedback({ id: 'a', true_label: 2 })).status).toBe(200);
    for (const window of ['hour', 'day', 'all']) {
      expect(await monitoring(url, `?window=${window}`)).toMatchObject({
        window,
        requests: { count: 1 },
        coverage: { share: 1 },
        feedback: { count: 1, accuracy: 0, top_confusions: [{ true_label: 2, predicted_label: 1, count: 1 }] },
        calibration: { count: 1 },
      });
    }
    expect(await monitoring(url)).toMatchObject({ window: 'all' });
  });

  it('refuses a window that is none, and parameters it does not know', async () => {
    const { url } = await observed();
    expect(await monitoring(url, '?window=week')).toMatchObject({
      code: 'invalid_input',
      where: { field: ['query', 'window'] },
    });
    expect(await monitoring(url, '?from=1')).toMatchObject({
      code: 'invalid_input',
      where: { field: ['query', 'from'] },
    });
  });

  it('answers not_ready where nothing can be stored', async () => {
    const { url } = await observed({ databaseUrl: 'postgres://nobody@127.0.0.1:1/none' });
    expect(await monitoring(url)).toMatchObject({ code: 'not_ready' });
  });
});

describe('GET /monitoring/stream', () => {
  it('sends figures at the start and when they change', async () => {
    const { observation, url, feedback } = await observed();
    const abort = new AbortController();
    const stream = events(url, '?window=hour', abort.signal);
    expect((await stream.next()).value).toMatchObject({ window: 'hour', requests: { count: 0 }, feedback: null });
    observation.onPrediction(prediction({ id: 'a' }));
    expect((await stream.next()).value).toMatchObject({ requests: { count: 1 } });
    await feedback({ id: 'a', true_label: 1 });
    expect((await stream.next()).value).toMatchObject({ feedback: { accuracy: 1 } });
    abort.abort();
  });

  it('forgets a reader that leaves, also before the first event', async () => {
    const { url } = await observed();
    for (let i = 0; i < 150; i++) {
      const abort = new AbortController();
      const asked = fetch(`${url}/api/v1/monitoring/stream`, { signal: abort.signal });
      if (i % 2 === 0) await asked;
      abort.abort();
      await asked.catch(() => undefined);
    }
    // At most 100 may be open at a time.
    expect((await events(url).next()).value).toMatchObject({ window: 'all' });
  });

  it('ends when the server stops', async () => {
    const { observation, url } = await observed();
    const stream = events(url);
    await stream.next();
    observation.endStreams();
    expect((await stream.next()).done).toBe(true);
  });

  it('answers an error, not an empty stream, where nothing can be read', async () => {
    const { url } = await observed({ databaseUrl: 'postgres://nobody@127.0.0.1:1/none' });
    const response = await fetch(`${url}/api/v1/monitoring/stream`);
    expect(await response.json()).toMatchObject({ code: 'not_ready' });
  });
});

describe('GET /metrics', () => {
  it('counts predictions, stages, labels, workers and feedback', async () => {
    const { observation, url, feedback } = await observed();
    observation.onPrediction(prediction({ stages: { queue: 2, total: 30 }, recorded: { label: 2 } }));
    observation.onPrediction(prediction({ status: 422, stages: { total: 1 }, recorded: { label: 'no such class' } }));
    await feedback({ predicted_label: [1, 2], true_label: [1, 1] });
    const response = await fetch(`${url}/metrics`);
    expect(response.headers.get('content-type')).toContain('version=0.0.4');
    const text = await response.text();
    for (const line of [
      'katonic_predictions_total{status="200"} 1',
      'katonic_predictions_total{status="422"} 1',
      'katonic_prediction_stage_seconds_bucket{le="0.025",stage="total"} 1',
      'katonic_prediction_stage_seconds_bucket{le="0.05",stage="total"} 2',
      'katonic_prediction_stage_seconds_count{stage="queue"} 1',
      'katonic_predicted_label_total{label="2"} 1',
      'katonic_queue_length 3',
      'katonic_worker_restarts 1',
      'katonic_worker_ready{worker="1"} 1',
      'katonic_worker_ready{worker="2"} 0',
      'katonic_worker_answered_total{worker="1"} 7',
      'katonic_worker_tensors{worker="1"} 42',
      'katonic_worker_resident_bytes{worker="1"} 1000000',
      'katonic_feedback_accuracy{window="all"} 0.5',
      'katonic_feedback_labels{window="hour"} 2',
      'katonic_store_up 1',
    ]) {
      expect(text.split('\n')).toContain(line);
    }
    expect(text).not.toContain('no such class');
    expect(text).not.toContain('katonic_worker_tensors{worker="2"}');
    expect(text).toContain('process_resident_memory_bytes');
  });

  it('of the model type others has no model metrics, also where --watch changed the type', async () => {
    const { url, store, feedback } = await observed({ modelType: 'others' });
    const values = async () =>
      (await (await fetch(`${url}/metrics`)).text()).split('\n').filter((line) => !line.startsWith('#'));
    const before = await values();
    expect(before.filter((line) => line.startsWith('katonic_feedback'))).toEqual([]);
    expect(before).toContain('katonic_store_up 1');
    store.modelType = 'multi-class';
    await feedback({ predicted_label: [1, 2], true_label: [1, 1] });
    expect(await values()).toContain('katonic_feedback_accuracy{window="all"} 0.5');
    store.modelType = 'others';
    expect((await values()).filter((line) => line.startsWith('katonic_feedback'))).toEqual([]);
  });

  it('of a store that cannot be read says so, whatever the model type', async () => {
    for (const modelType of ['others', 'binary'] as const) {
      const { url } = await observed({ modelType, databaseUrl: 'postgres://nobody@127.0.0.1:1/none' });
      expect((await (await fetch(`${url}/metrics`)).text()).split('\n')).toContain('katonic_store_up 0');
    }
  });
});
