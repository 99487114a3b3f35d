import { expect, it } from 'vitest';
import { Feed } from '../../../runtime/monitoring/feed.js';
import { aStore, prediction } from '../feedback/helpers.js';

const CLASSES = 100;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** How often a listener is told within `ms`, while something changes all the time. */
async function told(feed: Feed, ms: number): Promise<number> {
  let times = 0;
  const stop = feed.listen('hour', () => {
    times++;
  });
  for (const end = performance.now() + ms; performance.now() < end; ) {
    feed.changed();
    await pause(50);
  }
  stop();
  return times;
}

it('tells changes each second', async () => {
  const store = await aStore();
  store.recordPrediction(prediction());
  const times = await told(new Feed(store), 3500);
  expect(times).toBeGreaterThanOrEqual(2);
  expect(times).toBeLessThanOrEqual(3);
});

it('looks less often where looking takes long', async () => {
  const store = await aStore({ labels: Array.from({ length: CLASSES }, (_, i) => i) });
  // Every class mistaken for every other.
  const batch = Array.from({ length: CLASSES ** 2 }, (_, i) => ({
    predicted: i % CLASSES,
    actual: Math.floor(i / CLASSES),
  }));
  await store.addFeedback(batch);
  expect(await told(new Feed(store), 2500)).toBe(1);
}, 20_000);
