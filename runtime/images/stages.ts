import { AsyncLocalStorage } from 'node:async_hooks';
import { performance } from 'node:perf_hooks';

/** Milliseconds spent on pictures. Several pictures in one request add up. */
export interface ImageStages {
  fetch?: number;
  decode?: number;
}

const recorder = new AsyncLocalStorage<ImageStages>();

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
