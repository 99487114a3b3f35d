import type { Engine } from './engine.js';
import { loadTfjs, versionOf } from './tfjs-load.js';
import { openTfjs } from './tfjs-model.js';

/** TensorFlow.js in plain JavaScript: the last resort, some twenty times slower than WebAssembly. */
export const cpu: Engine = {
  name: 'cpu',
  async available() {
    try {
      return { ok: true, version: versionOf('@tensorflow/tfjs') };
    } catch {
      // An upload leaves it out where every model runs on ONNX Runtime.
      return { ok: false, reason: '@tensorflow/tfjs is not installed' };
    }
  },
  async open(path) {
    const engine = `tfjs ${versionOf('@tensorflow/tfjs')} (plain JavaScript)`;
    return openTfjs(path, { tf: await loadTfjs(), name: 'cpu', engine, why: 'the last resort, and slow' });
  },
};
