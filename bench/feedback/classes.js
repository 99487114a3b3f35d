import { databases, manyLabels, openBenchStore, table } from './common.js';

const CLASSES = 1000;
const POSTS = 10;

/** What ten labels cost where mistakes are everywhere among 1,000 classes, by the cells that occur. */
export async function manyClassesBench() {
  const random = () => Math.floor(Math.random() * CLASSES);
  const batch = (size) => Array.from({ length: size }, () => ({ predicted: random(), actual: random() }));
  const rows = [];
  for (const database of databases()) {
    const store = await openBenchStore(database, manyLabels(CLASSES));
    let stored = 0;
    for (const labels of [10_000, 100_000]) {
      for (; stored < labels; stored += 10_000) await store.addFeedback(batch(10_000));
      const cells = (await store.read('all')).confusion.length;
      const [start, used] = [performance.now(), process.cpuUsage()];
      for (let i = 0; i < POSTS; i++) await store.addFeedback(batch(10));
      const { user, system } = process.cpuUsage(used);
      const each = (ms) => (ms / POSTS).toFixed(1);
      rows.push([database.engine, cells, each(performance.now() - start), each((user + system) / 1000)]);
    }
    await store.close();
  }
  return table(['database', 'cells', 'ms a batch', 'processor ms a batch'], rows);
}
