import { median } from '../support.js';
import { openBenchStore, table } from './common.js';

const HOURS = 30;
const TIMES = 30;

/** What reading the figures of a window costs with more and more rows behind them. */
export async function readingBench(most) {
  const store = await openBenchStore();
  const rows = [];
  let stored = 0;
  for (let target = 10_000; target <= most; target *= 10) {
    stored += await store.import(labels(target - stored));
    const times = [];
    for (const window of ['hour', 'day', 'all']) times.push(await timed(() => store.read(window)));
    times.push(await timed(() => store.addFeedback([{ predicted: 1, actual: 1 }])));
    rows.push([target, ...times.map((ms) => ms.toFixed(2))]);
  }
  await store.close();
  return table(['feedback rows', 'hour', 'day', 'all', 'one more label'], rows);
}

/** Over the last 30 hours, so that every window has some. */
function* labels(count) {
  const span = HOURS * 3_600_000;
  const start = Date.now() - span;
  for (let i = 0; i < count; i++) {
    yield { predicted: i % 6, actual: (i * 7) % 6, at: start + Math.floor((i / count) * span) };
  }
}

async function timed(work) {
  const times = [];
  for (let i = 0; i < TIMES; i++) {
    const start = performance.now();
    await work();
    times.push(performance.now() - start);
  }
  return median(times);
}
