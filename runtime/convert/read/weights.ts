import { readFile, realpath } from 'node:fs/promises';
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import { KatonicError } from '../../errors.js';
import type { Constant, ElementType } from '../graph.js';
import { count } from '../tensors.js';
import { halfToFloat } from './half.js';

/** One weight of a manifest, as TensorFlow.js writes it. */
export interface WeightSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly quantization?: { readonly dtype: string; readonly scale?: number; readonly min?: number };
}

export interface WeightGroup {
  readonly paths: readonly string[];
  readonly weights: readonly WeightSpec[];
}

const BYTES: Readonly<Record<string, number>> = { float32: 4, int32: 4, uint8: 1, uint16: 2, float16: 2, bool: 1 };

/**
 * The bytes of the shards of each group, joined. A path may not leave the folder of the model.
 * @throws KatonicError `package` for a path that leaves the folder or a file that cannot be read.
 */
export async function readShards(modelPath: string, groups: readonly WeightGroup[]): Promise<Uint8Array[]> {
  return Promise.all(
    groups.map(async (group) => {
      const shards = await Promise.all(group.paths.map((path) => readShard(modelPath, path)));
      return shards.length === 1 ? shards[0]! : Buffer.concat(shards);
    }),
  );
}

async function readShard(modelPath: string, path: string): Promise<Uint8Array> {
  const folder = dirname(resolve(modelPath));
  const file = resolve(folder, path);
  if (leaves(folder, file) || path.includes('\\')) throw outside(modelPath, path);
  try {
    // A link can lead out of the folder too.
    if (leaves(await realpath(folder), await realpath(file))) throw outside(modelPath, path);
    return await readFile(file);
  } catch (cause) {
    if (cause instanceof KatonicError) throw cause;
    throw new KatonicError(
      {
        code: 'package',
        message: `the weights file ${JSON.stringify(path)} that the model names cannot be read`,
        remedy: 'Copy every file of the export into the same folder as its model.json.',
        where: { file },
      },
      { cause },
    );
  }
}

function leaves(folder: string, file: string): boolean {
  const way = relative(folder, file);
  return way === '' || isAbsolute(way) || way.split(sep)[0] === '..';
}

function outside(modelPath: string, path: string): KatonicError {
  return new KatonicError({
    code: 'package',
    message: `a weights file lies beside the model; its manifest names ${JSON.stringify(path)}`,
    remedy: 'Export the model again, or put the shard beside model.json and name it in weightsManifest.',
    where: { file: modelPath },
  });
}

/**
 * The weights of one group as typed arrays. Quantised ones (uint8, uint16: `value * scale + min`; float16) become
 * float32 here, with TensorFlow.js's own arithmetic.
 * @throws KatonicError `package` when the bytes do not fill the manifest.
 */
export function decodeWeights(bytes: Uint8Array, specs: readonly WeightSpec[], file: string): Map<string, Constant> {
  const weights = new Map<string, Constant>();
  let offset = 0;
  for (const spec of specs) {
    const stored = spec.quantization?.dtype ?? spec.dtype;
    const width = BYTES[stored];
    if (width === undefined || (spec.dtype !== 'float32' && spec.dtype !== 'int32' && spec.dtype !== 'bool')) {
      throw new KatonicError({
        code: 'package',
        message: `the weight ${JSON.stringify(spec.name)} is of type ${spec.dtype}${stored === spec.dtype ? '' : ` stored as ${stored}`}, which this reader does not know`,
        remedy: 'Known are float32, int32 and bool, stored as they are or quantised to uint8, uint16 or float16.',
        where: { file },
      });
    }
    const length = count(spec.shape);
    const end = offset + length * width;
    if (end > bytes.length) {
      throw new KatonicError({
        code: 'package',
        message: `the weights end after ${bytes.length} bytes, ${JSON.stringify(spec.name)} reaches to ${end}`,
        remedy: 'A shard is missing or cut short: copy the export again.',
        where: { file },
      });
    }
    // A copy: the views of wider types want an aligned start.
    weights.set(spec.name, decode(new Uint8Array(bytes.subarray(offset, end)), stored, spec));
    offset = end;
  }
  return weights;
}

function decode(bytes: Uint8Array, stored: string, spec: WeightSpec): Constant {
  const shape = spec.shape;
  const dtype = spec.dtype as ElementType;
  if (stored === 'bool' || (stored === 'uint8' && spec.quantization === undefined))
    return { dtype: 'bool', shape, data: bytes };
  const buffer = bytes.buffer as ArrayBuffer;
  if (stored === 'int32') return { dtype, shape, data: new Int32Array(buffer) };
  if (stored === 'float32') return { dtype, shape, data: new Float32Array(buffer) };
  if (stored === 'float16') return { dtype, shape, data: halfToFloat(new Uint16Array(buffer)) };
  const { scale = 1, min = 0 } = spec.quantization ?? {};
  const codes = stored === 'uint8' ? bytes : new Uint16Array(buffer);
  if (dtype === 'int32')
    return { dtype, shape, data: Int32Array.from(codes, (code) => Math.round(code * scale + min)) };
  return { dtype, shape, data: Float32Array.from(codes, (code) => code * scale + min) };
}
