import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import type { Engine } from './engine.js';
import { firstLine } from './failure.js';
import { loadTfjs, quietly, versionOf } from './tfjs-load.js';
import { openTfjs } from './tfjs-model.js';

const PACKAGE = '@tensorflow/tfjs-backend-wasm';

/** TensorFlow.js in WebAssembly with SIMD: no native part, so it runs wherever Node does. */
export const wasm: Engine = {
  name: 'wasm',
  async available() {
    try {
      await load(1);
      return { ok: true, version: versionOf(PACKAGE) };
    } catch (error) {
      return { ok: false, reason: `tfjs-backend-wasm does not load (${firstLine(error)})` };
    }
  },
  async open(path, options) {
    const tf = await load(options.threads ?? 1);
    const simd = (await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT')) ? 'SIMD' : 'no SIMD';
    const engine = `tfjs-wasm ${versionOf(PACKAGE)} (${simd})`;
    return openTfjs(path, { tf, name: 'wasm', engine, why: 'needs no native part' });
  },
};

async function load(threads: number) {
  const tf = await loadTfjs();
  const loaded = await quietly(() => import('@tensorflow/tfjs-backend-wasm'));
  // Rebuilt for an upload, it has a default export alone.
  const backend = (loaded as unknown as { default?: typeof loaded }).default ?? loaded;
  if (tf.engine().registry.wasm === undefined) {
    // From the disk: the default would ask a content network.
    const folder = join(dirname(createRequire(import.meta.url).resolve(`${PACKAGE}/package.json`)), 'dist');
    backend.setWasmPaths(folder + sep);
    if (threads === 1) tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
    else backend.setThreadsCount(threads);
    if (!(await tf.setBackend('wasm'))) throw new Error('WebAssembly could not be started');
  }
  return tf;
}
