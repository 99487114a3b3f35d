import { databases, openBenchStore, table } from './common.js';

const SECONDS = 3;

/** How many labels a second the store takes, by the size of a batch. */
export async function storingBench() {
  const rows = [];
  for (const database of databases()) {
    const store = await openBenchStore(database);
    for (const size of [1, 10, 100, 1000, 10_000]) {
      const batch = Array.from({ length: size }, (_, i) => ({ predicted: i % 6, actual: (i * 7) % 6 }));
      let batches = 0;
      const start = performance.now();
      while (performance.now() - start < SECONDS * 1000) {
        await store.addFeedback(batch);
        batches++;
      }
      const ms = performance.now() - start;
      rows.push([database.engine, size, Math.round((batches * size * 1000) / ms), (ms / batches).toFixed(2)]);
    }
    await store.close();
  }
  return table(['database', 'labels a batch', 'labels/s', 'ms a batch'], rows);
}
