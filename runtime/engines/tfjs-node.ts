import util from 'node:util';
import type { Engine } from './engine.js';
import { engineError, firstLine } from './failure.js';
import { loadTfjs, quietly, versionOf } from './tfjs-load.js';
import { openTfjs } from './tfjs-model.js';

const COMMAND = 'npx katonic-classifier install-tfjs-node';

/** TensorFlow's C library under TensorFlow.js. One process can hold it once, so never in two threads. */
export const tfjsNode: Engine = {
  name: 'tfjs-node',
  async available() {
    try {
      await load(1);
      return { ok: true, version: versionOf('@tensorflow/tfjs-node') };
    } catch (error) {
      const absent = (error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND';
      const unbuilt = /native addon|tfjs_binding/.test(firstLine(error));
      const why = absent
        ? 'is not installed'
        : unbuilt
          ? 'has no native binding here'
          : `does not load (${firstLine(error)})`;
      return { ok: false, reason: `tfjs-node ${why}; to build it: ${COMMAND}` };
    }
  },
  async open(path, options) {
    const tf = await load(options.threads ?? 1).catch((error: unknown) => {
      throw engineError(
        `tfjs-node cannot be used: ${firstLine(error)}`,
        `Run ${COMMAND}, or leave the engine to auto.`,
        path,
        error,
      );
    });
    const engine = `tfjs-node ${versionOf('@tensorflow/tfjs-node')} (CPU)`;
    return openTfjs(path, { tf, name: 'tensorflow', engine, why: 'the fastest TensorFlow.js engine here' });
  },
};

async function load(threads: number) {
  putBack();
  // Read by the C library when it starts; MobileNetV2 takes 20 ms with one thread and 35 ms with its own default.
  process.env.TF_NUM_INTRAOP_THREADS ??= String(threads);
  process.env.TF_NUM_INTEROP_THREADS ??= '1';
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  const tf = await loadTfjs();
  await quietly(() => import('@tensorflow/tfjs-node'));
  return tf;
}

/** tfjs-node 4.22.0 calls functions that Node 23 removed; the fix was merged upstream and never released. */
function putBack(): void {
  const missing = util as unknown as Record<string, unknown>;
  missing.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
  missing.isArray ??= Array.isArray;
}
