import { readFile, realpath } from 'node:fs/promises';
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import type { io } from '@tensorflow/tfjs';
import { engineError, firstLine } from './failure.js';

type ModelJson = io.ModelJSON;
type Weights = [io.WeightsManifestEntry[], ArrayBuffer];

const BYTES: Readonly<Record<string, number>> = {
  float32: 4,
  int32: 4,
  bool: 1,
  uint8: 1,
  uint16: 2,
  float16: 2,
  complex64: 8,
};

export interface TfjsFiles {
  readonly kind: 'layers' | 'graph';
  readonly handler: io.IOHandler;
}

/**
 * A model.json and its shards, from the disk. Shards must lie in the model's folder, and hold exactly the bytes that the
 * manifest counts: a short one would give a model that answers nonsense.
 */
export async function tfjsFiles(path: string): Promise<TfjsFiles> {
  const json = await readJson(path);
  const topology = json.modelTopology as { node?: unknown; model_config?: unknown; config?: unknown } | undefined;
  const graph = json.format === 'graph-model' || topology?.node !== undefined;
  if (
    !graph &&
    json.format !== 'layers-model' &&
    topology?.model_config === undefined &&
    topology?.config === undefined
  ) {
    throw engineError(
      'The file is JSON but no TensorFlow.js model: it has no modelTopology.',
      'Give the model.json of the export.',
      path,
    );
  }
  return {
    kind: graph ? 'graph' : 'layers',
    handler: { load: async () => artifacts(json, await readWeights(json, path)) },
  };
}

async function readJson(path: string): Promise<ModelJson> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw engineError(
      `The model file cannot be read (${firstLine(error)}).`,
      'Check the path in launch.ts.',
      path,
      error,
    );
  }
  try {
    return JSON.parse(text) as ModelJson;
  } catch (error) {
    throw engineError(`The model file is no JSON (${firstLine(error)}).`, 'Copy the export again, whole.', path, error);
  }
}

function artifacts(json: ModelJson, [weightSpecs, weightData]: Weights): io.ModelArtifacts {
  const { weightsManifest: _, ...rest } = json;
  return { ...rest, weightSpecs, weightData } as io.ModelArtifacts;
}

async function readWeights(json: ModelJson, path: string): Promise<Weights> {
  const specs: io.WeightsManifestEntry[] = [];
  const shards: Buffer[] = [];
  for (const group of json.weightsManifest ?? []) {
    const files = await Promise.all(group.paths.map((name) => readShard(name, path)));
    checkSize(group, files, path);
    specs.push(...group.weights);
    shards.push(...files);
  }
  const all = new Uint8Array(shards.reduce((total, shard) => total + shard.length, 0));
  let at = 0;
  for (const shard of shards) {
    all.set(shard, at);
    at += shard.length;
  }
  return [specs, all.buffer];
}

async function readShard(name: string, path: string): Promise<Buffer> {
  const folder = dirname(resolve(path));
  const file = resolve(folder, name);
  if (isOutside(folder, file)) throw outside(name, path);
  try {
    // A link could lead out of the folder too.
    if (isOutside(await realpath(folder), await realpath(file))) throw outside(name, path);
    return await readFile(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw engineError(
      `The weights file "${name}" that model.json names is not there.`,
      'Copy every file of the export into the folder of model.json.',
      path,
      error,
    );
  }
}

function isOutside(folder: string, file: string): boolean {
  const way = relative(folder, file);
  return way === '' || way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way);
}

function outside(name: string, path: string) {
  return engineError(
    `model.json names the weights file "${name}", which lies outside its folder; that is refused.`,
    'Put the weights beside model.json and name them so.',
    path,
  );
}

function checkSize(group: io.WeightsManifestConfig[number], files: readonly Buffer[], path: string): void {
  let expected = 0;
  for (const weight of group.weights) {
    const size = BYTES[weight.quantization?.dtype ?? weight.dtype];
    // Text weights carry their own lengths.
    if (size === undefined) return;
    expected += size * weight.shape.reduce((product, side) => product * side, 1);
  }
  const held = files.reduce((total, file) => total + file.length, 0);
  if (held === expected) return;
  const names =
    group.paths.length === 1
      ? `"${group.paths[0]}" holds`
      : `${group.paths.map((name) => `"${name}"`).join(', ')} hold`;
  throw engineError(
    `The weights ${names} ${held} bytes; model.json counts ${expected}.`,
    held < expected
      ? 'The file is truncated: copy the export again.'
      : 'The weights are of another model: copy the export again.',
    path,
  );
}
