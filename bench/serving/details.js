// Three questions that decided how the server is built, each measured alone: hand-over, normalisation, batches.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { median } from '../support.js';

const here = fileURLToPath(new URL('.', import.meta.url));
const BATCH = 8;
const ROUNDS = 30;

/** @returns {Promise<number>} milliseconds of one `work`, the median */
async function timed(work, rounds = ROUNDS) {
  for (let warm = 0; warm < 3; warm += 1) await work();
  const times = [];
  for (let round = 0; round < rounds; round += 1) {
    const start = performance.now();
    await work();
    times.push(performance.now() - start);
  }
  return median(times);
}

/** Whether a batch of 8 costs less than eight pictures one by one, on one thread. Milliseconds a picture. */
export async function batching(path) {
  const { openModel } = await import('generator-katonic-classifier/runtime');
  const model = await openModel(path);
  const one = new Float32Array(3 * 224 * 224).fill(0.1);
  const many = new Float32Array(BATCH * one.length).fill(0.1);
  const single = await timed(() => model.run(one, [1, 3, 224, 224]));
  const batched = (await timed(() => model.run(many, [BATCH, 3, 224, 224]))) / BATCH;
  await model.dispose();
  return { single, batched };
}

/** Pixels normalised by our tables and handed over as floats, against pixels that the graph normalises. Milliseconds. */
export async function normalising(floats, uint8, picture) {
  const { openModel, readImage } = await import('generator-katonic-classifier/runtime');
  const { toTensor } = await import('../../dist/runtime/images/tensor.js');
  const recipe = { width: 224, height: 224, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225], layout: 'nchw' };
  const { data, shape } = await readImage(picture, { width: 224, height: 224, dtype: 'uint8' });
  const pixels = { data, width: 224, height: 224, channels: 3 };
  const [outside, inside] = [await openModel(floats), await openModel(uint8)];
  const tables = await timed(() => toTensor(pixels, recipe));
  const outsideMs = await timed(() => {
    const tensor = toTensor(pixels, recipe);
    return outside.run(tensor.data, tensor.shape);
  });
  const insideMs = await timed(() => inside.run(data, shape));
  await Promise.all([outside.dispose(), inside.dispose()]);
  return { tables, outside: outsideMs, inside: insideMs };
}

/** A body to a child that answers at once, and its answer back: our frames against Node's own channels. Milliseconds. */
export async function handOver(sizes) {
  const { Pool } = await import('../../dist/runtime/workers/pool.js');
  const silent = { debug() {}, info() {}, warning() {}, error() {}, exception() {} };
  const options = {
    packageDir: `${here}empty`,
    env: process.env,
    workers: 1,
    queue: 8,
    timeoutMs: 30_000,
    logger: silent,
  };
  const pool = new Pool(options);
  await pool.start();
  const channels = { json: echo('json'), advanced: echo('advanced') };
  const rows = [];
  for (const bytes of sizes) {
    const body = Buffer.alloc(bytes, 7);
    rows.push({
      bytes,
      frames: await timed(() => pool.predict('bytes', body).answer),
      advanced: await timed(() => channels.advanced.ask(body)),
      json: await timed(() => channels.json.ask(body.toString('base64'))),
    });
  }
  await pool.close(0);
  for (const { child } of Object.values(channels)) child.kill();
  return rows;
}

function echo(serialization) {
  const program = "process.on('message', () => process.send('answer'))";
  const child = spawn(process.execPath, ['-e', program], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    serialization,
  });
  const ask = async (body) => {
    const answered = once(child, 'message');
    child.send(body);
    await answered;
  };
  return { child, ask };
}
