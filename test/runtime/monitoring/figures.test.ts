import { describe, expect, it } from 'vitest';
import { figures } from '../../../runtime/monitoring/figures.js';
import { aStore, prediction } from '../feedback/helpers.js';

const NOW = Date.UTC(2030, 5, 1, 12, 30, 30);
const classes = [
  { name: 'cat', code: 1 },
  { name: 'dog', code: 2 },
];

async function filled(modelType: 'binary' | 'others' = 'binary') {
  const store = await aStore({ labels: [1, 2], classes, modelType, now: () => NOW });
  const day = 24 * 3_600_000;
  for (let i = 0; i < 400; i++) {
    const recorded = { label: i < 300 ? 1 : 2, confidence: 0.9 };
    store.recordPrediction(prediction({ id: `old ${i}`, at: NOW - 3 * day, recorded }));
  }
  for (let i = 0; i < 100; i++) {
    const recorded = { label: i < 20 ? 1 : 2, confidence: 0.65 };
    store.recordPrediction(
      prediction({ id: `new ${i}`, at: NOW - 30_000, recorded, stages: { infer: i + 1, total: i + 1 } }),
    );
  }
  const { recorded: _, ...refused } = prediction({ at: NOW - 1000, status: 422, stages: { total: 2 } });
  store.recordPrediction(refused);
  store.recordPrediction({ ...refused, id: 'failed', status: 500 });
  if (modelType === 'binary') {
    await store.addFeedback([
      ...Array.from({ length: 10 }, (_, i) => ({
        predicted: 1,
        actual: i < 7 ? 1 : 2,
        predictionId: `new ${i}`,
        confidence: 0.65,
      })),
      { predicted: 2, actual: 2 },
    ]);
  }
  return store;
}

describe('figures', () => {
  it('are those of the window', async () => {
    const store = await filled();
    const hour = figures(await store.read('hour'), store.labels, store.modelType);
    expect(hour).toMatchObject({
      window: 'hour',
      from: '2030-06-01T11:31:00.000Z',
      to: '2030-06-01T12:30:30.000Z',
      model_type: 'binary',
      classes: [
        { label: 1, name: 'cat' },
        { label: 2, name: 'dog' },
      ],
      requests: { count: 102, refused: 1, errors: 1, by_status: { 200: 100, 422: 1, 500: 1 } },
      predicted: [
        { label: 2, count: 80, share: 0.8 },
        { label: 1, count: 20, share: 0.2 },
      ],
      coverage: { predictions: 100, with_feedback: 10, share: 0.1 },
      drift: { level: 'major', current: 100, baseline: 400 },
    });
    expect(hour.requests.per_second).toBeCloseTo(102 / 30, 1);
    expect(hour.feedback?.accuracy).toBeCloseTo(8 / 11, 12);
    expect(hour.calibration?.ece).toBeCloseTo(0.05, 9);
    expect(hour.series).toMatchObject({ bucket_seconds: 60, points: [{ count: 102, errors: 1 }] });
    const { infer } = hour.latency_ms;
    expect(infer?.count).toBe(100);
    expect(infer?.mean).toBeCloseTo(50.5, 9);
    expect((infer?.p50 as number) / 50).toBeCloseTo(1, 0);
    expect(infer?.p99).toBeLessThan(113);
    expect(Object.keys(hour.latency_ms)).toEqual(['infer', 'total']);
  });

  it('of everything have no baseline to drift from', async () => {
    const store = await filled();
    const all = figures(await store.read('all'), store.labels, store.modelType);
    expect(all).toMatchObject({
      from: null,
      drift: null,
      requests: { count: 502 },
      series: { bucket_seconds: 86_400 },
    });
    expect(all.series.points.map(({ count }) => count)).toEqual([400, 102]);
  });

  it('have the rate since the very first request, also where that is longer ago than the series reaches', async () => {
    const day = 24 * 3_600_000;
    const store = await aStore({ labels: [1, 2], modelType: 'binary', now: () => NOW });
    for (const days of [800, 700, 1]) store.recordPrediction(prediction({ at: NOW - days * day }));
    const all = figures(await store.read('all'), store.labels, store.modelType);
    expect(all.series.points).toHaveLength(1);
    const since = Math.floor((NOW - 800 * day) / day) * day;
    expect(all.requests.per_second).toBeCloseTo(3 / ((NOW - since) / 1000), 12);
  });

  it('of the model type others are operational only', async () => {
    const store = await filled('others');
    const hour = figures(await store.read('hour'), store.labels, store.modelType);
    expect(hour).toMatchObject({ feedback: null, coverage: null, calibration: null, drift: null, predicted: [] });
    expect(hour.requests.count).toBe(102);
  });

  it('of a server that just started are empty, not wrong', async () => {
    const store = await aStore({ labels: [1, 2], classes, modelType: 'binary' });
    const empty = figures(await store.read('hour'), store.labels, store.modelType);
    expect(empty).toMatchObject({
      requests: { count: 0, errors: 0, per_second: null },
      latency_ms: {},
      predicted: [],
      feedback: null,
      coverage: { predictions: 0, share: null },
      calibration: null,
      drift: null,
    });
    expect(JSON.stringify(empty)).not.toContain('NaN');
  });
});
