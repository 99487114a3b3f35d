import { describe, expect, it } from 'vitest';
import { type FeedbackRecord, type Store, type StoreOptions, WINDOWS } from '../../../runtime/feedback/store.js';
import { prediction } from './helpers.js';

const HOUR = 3_600_000;
/** Not at the start of an hour, so that windows of the test do not fall on an edge. */
const NOW = Math.floor(Date.now() / HOUR) * HOUR + 30 * 60_000;

/** What every store does, whichever database is behind it. */
export function storeBehaviour(open: (options?: Partial<StoreOptions>) => Promise<Store>): void {
  describe('feedback', () => {
    it('scores the batch and all feedback so far', async () => {
      const store = await open();
      await store.addFeedback([
        { predicted: 1, actual: 1 },
        { predicted: 2, actual: 1 },
      ]);
      const { batch, all } = await store.addFeedback([{ predicted: 3, actual: 3 }]);
      expect(batch.accuracy).toBe(1);
      expect(all.accuracy).toBeCloseTo(2 / 3, 12);
      expect(all.confusion_matrix.matrix).toEqual([
        [1, 1, 0],
        [0, 0, 0],
        [0, 0, 1],
      ]);
    });

    it('takes 1 and "1" for one class, and keeps text labels', async () => {
      const store = await open({ labels: ['cat', 'dog', 7] });
      await store.addFeedback([
        { predicted: 'cat', actual: 'dog' },
        { predicted: '7', actual: 7 },
      ]);
      const { confusion } = await store.read('all');
      expect(confusion).toHaveLength(2);
      expect(confusion).toContainEqual({ predicted: 7, actual: 7, count: 1 });
      expect(confusion).toContainEqual({ predicted: 'cat', actual: 'dog', count: 1 });
    });

    it('replaces feedback on a prediction that already has some', async () => {
      const store = await open();
      await store.addFeedback([{ predicted: 1, actual: 2, predictionId: 'a', confidence: 0.75 }]);
      const { all, replaced } = await store.addFeedback([
        { predicted: 1, actual: 3, predictionId: 'a', confidence: 0.75 },
        { predicted: 1, actual: 1, predictionId: 'a', confidence: 0.75 },
      ]);
      expect(replaced).toBe(1);
      expect(all.count).toBe(1);
      expect(all.accuracy).toBe(1);
      const { calibration } = await store.read('hour');
      expect(calibration.filter(({ count }) => count > 0)).toEqual([
        { bin: 7, count: 1, correct: 1, confidence: 0.75 },
      ]);
    });

    it('keeps its counts when many write about the same predictions at once', async () => {
      const store = await open();
      const writes = Array.from({ length: 20 }, (_, i) =>
        store.addFeedback([
          { predicted: 1, actual: (i % 3) + 1, predictionId: 'shared' },
          { predicted: 2, actual: 2, predictionId: `own ${i}` },
        ]),
      );
      await Promise.all(writes);
      const { confusion } = await store.read('all');
      expect(confusion.reduce((sum, { count }) => sum + count, 0)).toBe(21);
      expect(confusion.every(({ count }) => count >= 0)).toBe(true);
    });

    it('writes a batch of 40,000, more than one statement can carry', async () => {
      const store = await open();
      const batch = Array.from({ length: 40_000 }, (_, i) => ({ predicted: (i % 3) + 1, actual: 1 }));
      expect((await store.addFeedback(batch)).all.count).toBe(40_000);
    });

    it('refuses an empty batch', async () => {
      const store = await open();
      await expect(store.addFeedback([])).rejects.toMatchObject({ code: 'invalid_input' });
    });

    it('reads by window', async () => {
      let now = NOW;
      const store = await open({ now: () => now });
      await store.addFeedback([{ predicted: 1, actual: 1 }]);
      now += 2 * HOUR;
      await store.addFeedback([{ predicted: 2, actual: 2 }]);
      const seen = async () =>
        Promise.all(WINDOWS.map(async (w) => (await store.read(w)).confusion.reduce((n, { count }) => n + count, 0)));
      expect(await seen()).toEqual([1, 2, 2]);
      now += 30 * HOUR;
      expect(await seen()).toEqual([0, 0, 2]);
    });

    it('goes out and in again the same', async () => {
      const store = await open();
      await store.addFeedback([
        { predicted: 1, actual: 2 },
        { predicted: 3, actual: 3, predictionId: 'x', confidence: 0.25 },
      ]);
      const records: FeedbackRecord[] = [];
      for await (const record of store.export()) records.push(record);
      const other = await open({ package: `another ${Math.random()}` });
      expect(await other.import(records)).toBe(2);
      const again: FeedbackRecord[] = [];
      for await (const record of other.export()) again.push(record);
      expect(again).toEqual(records);
      expect((await other.read('all')).confusion).toEqual((await store.read('all')).confusion);
      expect((await other.read('hour')).calibration).toEqual((await store.read('hour')).calibration);
    });

    it('imports old feedback into the windows it belongs to', async () => {
      const store = await open({ now: () => NOW });
      await store.import([
        { predicted: 1, actual: 1, at: NOW - 100 * 24 * HOUR },
        { predicted: 1, actual: 1, at: NOW - 5 * HOUR },
        { predicted: 1, actual: 1, at: NOW - 60_000 },
      ]);
      const counts = await Promise.all(WINDOWS.map(async (w) => (await store.read(w)).confusion[0]?.count));
      expect(counts).toEqual([1, 2, 3]);
    });
  });

  describe('predictions', () => {
    it('are found by id at once, with label and confidence', async () => {
      const store = await open();
      store.recordPrediction(prediction({ id: 'a', recorded: { label: 2, confidence: 0.5 } }));
      store.recordPrediction(prediction({ id: 'b', recorded: {} }));
      const found = await store.predictions(['a', 'b', 'nobody']);
      expect(found.size).toBe(2);
      expect(found.get('a')).toEqual({ label: '2', confidence: 0.5 });
      expect(found.get('b')).toEqual({ label: undefined, confidence: undefined });
    });

    it('are counted by label, status and stage', async () => {
      const store = await open();
      for (const label of [1, 1, 3]) store.recordPrediction(prediction({ recorded: { label } }));
      const { recorded: _, ...failed } = prediction({ status: 500, stages: { total: 3 } });
      store.recordPrediction(failed);
      const { predicted, statuses, latencies, series } = await store.read('hour');
      expect([...predicted].sort()).toEqual([
        [1, 2],
        [3, 1],
      ]);
      expect(new Map([...statuses].sort())).toEqual(
        new Map([
          [200, 3],
          [500, 1],
        ]),
      );
      expect(latencies.get('total')).toMatchObject({ count: 4, sum: 3 * 27 + 3 });
      expect(latencies.get('infer')?.count).toBe(3);
      expect(series.flatMap(({ statuses }) => [...statuses.values()]).reduce((a, b) => a + b, 0)).toBe(4);
    });

    it('with answers that are no label and no probability do not spoil the counts', async () => {
      const store = await open();
      const long = 'x'.repeat(5000);
      store.recordPrediction(prediction({ id: 'long', recorded: { label: long, confidence: Number.NaN } }));
      store.recordPrediction(prediction({ id: 'big', recorded: { label: '2', confidence: 97 } }));
      const found = await store.predictions(['long', 'big']);
      expect(found.get('big')).toEqual({ label: '2', confidence: undefined });
      expect(found.get('long')).toEqual({ label: long.slice(0, 200), confidence: undefined });
      expect([...(await store.read('all')).predicted]).toEqual([[2, 1]]);
    });

    it('of before the window are its baseline', async () => {
      let now = NOW;
      const store = await open({ now: () => now });
      for (let i = 0; i < 5; i++) store.recordPrediction(prediction({ at: now, recorded: { label: 1 } }));
      now += 26 * HOUR;
      store.recordPrediction(prediction({ at: now, recorded: { label: 2 } }));
      const day = await store.read('day');
      expect([...day.baseline]).toEqual([[1, 5]]);
      expect([...day.predicted]).toEqual([[2, 1]]);
      expect((await store.read('all')).baseline.size).toBe(0);
    });

    it('with an id that was there before keep the first, and count once', async () => {
      const store = await open();
      store.recordPrediction(prediction({ id: 'twice', recorded: { label: 1 } }));
      await store.predictions(['twice']);
      store.recordPrediction(prediction({ id: 'twice', recorded: { label: 2 } }));
      expect((await store.predictions(['twice'])).get('twice')?.label).toBe('1');
      expect([...(await store.read('all')).predicted]).toEqual([[1, 1]]);
    });
  });

  it('keeps packages apart', async () => {
    const [one, other] = [await open(), await open({ package: `another ${Math.random()}` })];
    await one.addFeedback([{ predicted: 1, actual: 1, predictionId: 'same id' }]);
    expect((await other.addFeedback([{ predicted: 2, actual: 1, predictionId: 'same id' }])).all.accuracy).toBe(0);
  });
}
