// node one.js MODEL ENGINE RUNS CACHE: one engine in a process of its own, so that none warms up another. Prints JSON.
import { openModel } from '../../dist/runtime/engines/index.js';

const [path, engine, runs, cacheDir] = process.argv.slice(2);
const started = performance.now();
const model = await openModel(path, { engine, threads: 1, cacheDir });
const [input] = model.inputs;
const shape = input.shape.map((side, axis) => (side === -1 ? (axis === 0 ? 1 : 224) : side));
const picture = Float32Array.from(
  { length: shape.reduce((size, side) => size * side, 1) },
  () => Math.random() * 2 - 1,
);
await model.run(picture, shape);
const firstAnswer = performance.now() - started;
const times = [];
const before = process.cpuUsage();
for (let i = 0; i < Number(runs); i++) {
  const start = performance.now();
  await model.run(picture, shape);
  times.push(performance.now() - start);
}
const used = process.cpuUsage(before);
const cpu = (used.user + used.system) / 1000 / times.length;
const result = { name: model.engine, firstAnswer, times, cpu, rss: process.memoryUsage().rss };
await model.dispose();
process.stdout.write(`\n${JSON.stringify(result)}\n`);
