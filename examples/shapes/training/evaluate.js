// Measures the model on pictures that training never saw: `npm run evaluate` in examples/shapes.
import { fileURLToPath } from 'node:url';
import { openModel } from '../../../dist/runtime/public.js';
import { makeSet } from './data.js';
import { classNames } from './draw.js';

const COUNT = 1_800;
const { pixels, labels } = await makeSet(COUNT, 3);
const model = await openModel(fileURLToPath(new URL('../model/model.json', import.meta.url)));
const size = 64 * 64 * 3;
const right = new Array(classNames.length).fill(0);
for (let index = 0; index < COUNT; index += 1) {
  const { data } = await model.run(pixels.subarray(index * size, (index + 1) * size), [1, 64, 64, 3]);
  if (data.indexOf(Math.max(...data)) === labels[index]) right[labels[index]] += 1;
}
const total = right.reduce((sum, count) => sum + count, 0);
console.log(`held-out top-1 accuracy: ${(total / COUNT).toFixed(4)} (${total} of ${COUNT})`);
for (const [index, name] of classNames.entries()) {
  console.log(`  recall ${name}: ${((right[index] * classNames.length) / COUNT).toFixed(4)}`);
}
await model.dispose();
