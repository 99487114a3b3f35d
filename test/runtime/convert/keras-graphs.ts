import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Constant, ElementType } from '../../../runtime/convert/graph.js';
import type { RawNode } from '../../../runtime/convert/ops/attributes.js';
import type { Signature, TfjsModel } from '../../../runtime/convert/read/model.js';
import { count } from '../../../runtime/convert/tensors.js';
import type { tf } from './tfjs.js';

const FOLDER = join(import.meta.dirname, '../../fixtures/convert/graphs');

/** Written by `make_keras_models.py graphs`: a model.json whose large weights are left out. */
interface Stored {
  readonly signature: Signature;
  readonly modelTopology: { readonly node: readonly RawNode[] };
  readonly weightsManifest: readonly { readonly weights: readonly StoredWeight[] }[];
}

interface StoredWeight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  /** Absent for more than 8 floats. */
  readonly values?: readonly number[];
}

export const kerasGraphs: readonly string[] = readdirSync(FOLDER).map((name) => name.replace(/\.json\.gz$/, ''));

/** A whole architecture from tensorflowjs_converter with weights from a seeded generator, for our reader and for TensorFlow.js. */
export function kerasGraph(name: string): { model: TfjsModel; artifacts: tf.io.ModelArtifacts } {
  const stored = JSON.parse(gunzipSync(readFileSync(join(FOLDER, `${name}.json.gz`))).toString()) as Stored;
  const roles = rolesOf(stored.modelTopology.node);
  const specs = stored.weightsManifest.flatMap(({ weights }) => weights);
  const weights = new Map(specs.map((spec, i) => [spec.name, constantOf(spec, roles.get(spec.name), i)]));
  return {
    model: { format: 'graph-model', topology: stored.modelTopology, weights, signature: stored.signature },
    artifacts: {
      format: 'graph-model',
      modelTopology: stored.modelTopology,
      signature: stored.signature,
      weightSpecs: specs.map(({ name, shape, dtype }) => ({ name, shape: [...shape], dtype: dtype as 'float32' })),
      weightData: new Uint8Array(
        Buffer.concat(
          [...weights.values()].map(({ data }) => Buffer.from(data.buffer, data.byteOffset, data.byteLength)),
        ),
      ).buffer,
    },
  };
}

type Role = 'kernel' | 'depthwise' | 'factor' | 'other';

/** What a constant is to the operator that reads it. */
function rolesOf(nodes: readonly RawNode[]): Map<string, Role> {
  const roles = new Map<string, Role>();
  for (const { op, input = [] } of nodes) {
    input.forEach((reference, place) => {
      let role: Role = 'other';
      if (place === 1 && /Depthwise/.test(op)) role = 'depthwise';
      else if (place === 1 && /Conv2D|MatMul/.test(op)) role = 'kernel';
      else if (op === 'Mul' || (op.startsWith('FusedBatchNorm') && (place === 1 || place === 4))) role = 'factor';
      roles.set(reference.split(':')[0]!, role);
    });
  }
  return roles;
}

/** Kernels in the range of He's initialisation, so that activations neither vanish nor explode; factors and variances near 1. */
function constantOf({ name, shape, dtype, values }: StoredWeight, role: Role | undefined, seed: number): Constant {
  if (dtype === 'int32') return { dtype, shape, data: Int32Array.from(values!) };
  if (dtype !== 'float32') throw new Error(`${name} is of type ${dtype}`);
  if (values !== undefined) return { dtype: dtype as ElementType, shape, data: Float32Array.from(values) };
  const range = (): [number, number] => {
    if (role === 'factor') return [0.5, 1.5];
    if (role === 'other' || role === undefined) return [-0.1, 0.1];
    const places = role === 'depthwise' ? shape.slice(0, 2) : shape.slice(0, -1);
    const limit = Math.sqrt(6 / count(places));
    return [-limit, limit];
  };
  const [low, high] = range();
  const next = mulberry32(seed);
  return {
    dtype: 'float32',
    shape,
    data: Float32Array.from({ length: count(shape) }, () => low + (high - low) * next()),
  };
}

/** Uniform from 0 to 1, the same for a seed everywhere, and fast enough for 25 million numbers (public domain, T. Ettinger). */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
