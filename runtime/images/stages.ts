import { performance } from 'node:perf_hooks';
import type { Pixels } from './pixels.js';
import { shared } from './shared.js';

/** Milliseconds spent on pictures. Several pictures in one request add up. */
export interface ImageStages {
  fetch?: number;
  decode?: number;
}

const recorder = shared<ImageStages>('stages');
const pictures = shared<{ last?: Pixels }>('pictures');

/** Runs `work`; the time that `readImage` takes inside it, however deep, is added to `times`. */
export function recordStages<T>(times: ImageStages, work: () => T): T {
  return recorder.run(times, work);
}

/** Adds the duration of `work` to the recorder around it, if there is one, also when it throws. */
export async function timed<T>(stage: keyof ImageStages, work: () => Promise<T>): Promise<T> {
  const times = recorder.getStore();
  if (times === undefined) return work();
  const start = performance.now();
  try {
    return await work();
  } finally {
    times[stage] = (times[stage] ?? 0) + performance.now() - start;
  }
}

/** Runs `work` and gives the last picture that `readImage` decoded inside it, if it decoded one. */
export async function lastPicture(work: () => Promise<unknown>): Promise<Pixels | undefined> {
  const held: { last?: Pixels } = {};
  await pictures.run(held, work);
  return held.last;
}

/** Tells whoever asked for it what was decoded. */
export function decoded(pixels: Pixels): Pixels {
  const held = pictures.getStore();
  if (held !== undefined) held.last = pixels;
  return pixels;
}
