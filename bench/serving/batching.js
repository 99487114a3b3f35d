// Whether a batch of 8 costs less than eight pictures one by one, on one thread.
import { median } from '../support.js';

const BATCH = 8;
const ROUNDS = 12;

/** @returns {Promise<{single: number, batched: number}>} milliseconds a picture */
export async function batching(path) {
  const { openModel } = await import('generator-katonic-classifier/runtime');
  const model = await openModel(path);
  const one = new Float32Array(3 * 224 * 224).fill(0.1);
  const many = new Float32Array(BATCH * one.length).fill(0.1);
  const singles = [];
  const batches = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    singles.push(
      await timed(async () => {
        for (let index = 0; index < BATCH; index += 1) await model.run(one, [1, 3, 224, 224]);
      }),
    );
    batches.push(await timed(() => model.run(many, [BATCH, 3, 224, 224])));
  }
  await model.dispose();
  return { single: median(singles) / BATCH, batched: median(batches) / BATCH };
}

async function timed(work) {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
