import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { performance } from 'node:perf_hooks';
import { gainsFromBatches, openedEngines } from '../engines/index.js';
import { KatonicError, toProblem } from '../errors.js';
import type { Logger } from '../launch/contract.js';
import { type Launch, openLaunch, sampleData } from '../launch/load.js';
import { type KatonicPackage, requirePackage } from '../launch/package.js';
import type { LaunchInfo } from './messages.js';

/**
 * Loads a package's launch module for answering: `loadmodel`, then one prediction of a sample picture, so that the first
 * caller does not pay for lazy initialisation. `predictBatch` is used where an engine is open that gains from it.
 * Throws KatonicError when either fails.
 */
export async function loadForServing(dir: string, logger: Logger): Promise<{ launch: Launch; info: LaunchInfo }> {
  const start = performance.now();
  const pkg = await requirePackage(dir);
  const opened = await openLaunch(pkg, logger);
  await opened.load();
  const launch = { ...opened, batch: gainsFromBatches() ? opened.batch : 1 };
  const loadMs = performance.now() - start;
  const warmUp = await runWarmUp(pkg, launch);
  const { name } = pkg;
  const { bodySchema, batch } = launch;
  const rssBytes = process.memoryUsage.rss();
  return { launch, info: { name, bodySchema, batch, engines: openedEngines(), warmUp, loadMs, rssBytes } };
}

async function runWarmUp(pkg: KatonicPackage, launch: Launch): Promise<LaunchInfo['warmUp']> {
  const [sample] = pkg.samples;
  if (sample === undefined) return { done: false, detail: 'skipped: there is no picture in samples/' };
  const detail = `samples/${basename(sample)}`;
  const start = performance.now();
  try {
    const taken = await sampleData(launch, await readFile(sample));
    if ('refused' in taken) return { done: false, detail: `skipped: ${taken.refused}` };
    await launch.predict(await launch.preprocess(taken.data));
  } catch (thrown) {
    const problem = toProblem(thrown, 'user_code');
    throw new KatonicError({ ...problem, message: `the warm-up prediction of ${detail} failed: ${problem.message}` });
  }
  return { done: true, detail, ms: performance.now() - start };
}
