import { median, progress } from '../support.js';
import { databases, manyLabels, openBenchStore, table } from './common.js';

const HOURS = 30;
const TIMES = 30;
const MANY = 1000;

/** What reading the figures of a window costs with more and more rows behind them; and with many classes. */
export async function readingBench(most) {
  const rows = [];
  for (const database of databases()) {
    rows.push(...(await reading(database, 6, 10_000, most)));
    // Every class mistaken for any other: as many cells as there can be.
    rows.push(...(await reading(database, MANY, Math.min(100_000, most), Math.min(100_000, most))));
  }
  return table(['database', 'classes', 'feedback rows', 'cells', 'hour', 'day', 'all', 'one more label'], rows);
}

async function reading(database, classes, least, most) {
  const store = await openBenchStore(database, manyLabels(classes));
  const rows = [];
  let stored = 0;
  for (let target = least; target <= most; target *= 10) {
    progress(`reading: ${database.engine}, ${classes} classes, ${target} rows`);
    stored += await store.import(labels(target - stored, classes));
    const cells = (await store.read('all')).confusion.length;
    const times = [];
    for (const window of ['hour', 'day', 'all']) times.push(await timed(() => store.read(window)));
    times.push(await timed(() => store.addFeedback([{ predicted: 1, actual: 1 }])));
    rows.push([database.engine, classes, target, cells, ...times.map((ms) => ms.toFixed(2))]);
  }
  await store.close();
  return rows;
}

/** Over the last 30 hours, so that every window has some; mistakes are spread evenly. */
function* labels(count, classes) {
  const span = HOURS * 3_600_000;
  const start = Date.now() - span;
  for (let i = 0; i < count; i++) {
    const at = start + Math.floor((i / count) * span);
    yield { predicted: i % classes, actual: (i * 7 + Math.floor(i / classes)) % classes, at };
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
