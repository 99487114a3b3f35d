import { readFileSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import type { Finding } from '../../errors.js';
import type { Sources } from '../sources/allow-list.js';

/** Which libraries an upload carries for its models. */
export interface UploadEngine {
  /** Installed by npm: they hold binaries, or user code shares them. */
  readonly libraries: readonly string[];
  /** Engines that are left out. */
  readonly absent: readonly string[];
  /** Whether TensorFlow.js and its WebAssembly backend are bundled in. */
  readonly tfjs: boolean;
  readonly findings: readonly Finding[];
}

const ONNX = 'onnxruntime-node';
const TFJS = ['@tensorflow/tfjs', '@tensorflow/tfjs-backend-wasm'];

/** An .onnx file needs ONNX Runtime; a TensorFlow.js model.json needs TFJS, in WebAssembly: it has no native part. */
export function engineOf(sources: Sources): UploadEngine {
  const onnx = sources.data.some((path) => extname(path).toLowerCase() === '.onnx');
  const models = sources.data.filter((path) => isTfjsModel(sources.folder, path));
  const tfjs = models.length > 0;
  const users = Object.keys({ ...sources.manifest.dependencies, ...sources.manifest.optionalDependencies });
  return {
    libraries: ['sharp', 'joi', ...(onnx ? [ONNX] : [])],
    absent: [
      ...(onnx || users.includes(ONNX) ? [] : [ONNX]),
      ...(tfjs ? [] : TFJS.filter((name) => !users.includes(name))),
    ],
    tfjs: tfjs && !users.includes(TFJS[0] as string),
    findings: models.map((file) => ({
      severity: 'note',
      rule: 'package/engine',
      message: `${file} runs on TensorFlow.js in WebAssembly in the upload; tfjs-node, where it is used here, may differ in the last digits`,
      remedy: 'serve with KATONIC_ENGINE=wasm to compare answers byte for byte',
      file,
    })),
  };
}

function isTfjsModel(folder: string, path: string): boolean {
  if (extname(path) !== '.json' || !path.includes('/') || basename(path).startsWith('.')) return false;
  try {
    const model = JSON.parse(readFileSync(join(folder, path), 'utf8')) as {
      modelTopology?: unknown;
      weightsManifest?: unknown;
    };
    return typeof model === 'object' && model !== null && 'weightsManifest' in model;
  } catch {
    return false; // a data file that is no JSON is no model
  }
}
