import { readFile } from 'node:fs/promises';
import { KatonicError } from '../../errors.js';
import type { Constant } from '../graph.js';
import { decodeWeights, readShards, type WeightGroup } from './weights.js';

/** A TensorFlow.js model in memory: the topology as parsed JSON, the weights as typed arrays. */
export interface TfjsModel {
  readonly format: 'layers-model' | 'graph-model';
  /** `modelTopology` of model.json. */
  readonly topology: unknown;
  readonly weights: ReadonlyMap<string, Constant>;
  /** Graph models: which nodes are inputs and outputs. */
  readonly signature?: Signature;
}

export interface Signature {
  readonly inputs?: Readonly<Record<string, { readonly name: string }>>;
  readonly outputs?: Readonly<Record<string, { readonly name: string }>>;
}

/** The files of a model, before anything is made of them: enough to know whether it was seen before. */
export interface ModelFiles {
  readonly path: string;
  readonly json: Buffer;
  readonly parsed: Record<string, unknown>;
  readonly groups: readonly WeightGroup[];
  readonly shards: readonly Uint8Array[];
}

/**
 * Reads model.json and its weights.
 * @throws KatonicError `package` when a file is missing, is no JSON or is no TensorFlow.js model.
 */
export async function readModelFiles(path: string): Promise<ModelFiles> {
  let json: Buffer;
  try {
    json = await readFile(path);
  } catch (cause) {
    throw new KatonicError(
      { code: 'package', message: 'the model file cannot be read', remedy: 'Check the path.', where: { file: path } },
      { cause },
    );
  }
  const parsed = parse(json, path);
  const groups = (parsed.weightsManifest ?? []) as WeightGroup[];
  if (
    !Array.isArray(groups) ||
    !groups.every((group) => Array.isArray(group?.paths) && Array.isArray(group?.weights))
  ) {
    throw notAModel(path, 'its weightsManifest is no list of groups with paths and weights');
  }
  return { path, json, parsed, groups, shards: await readShards(path, groups) };
}

/** @throws KatonicError `package` when the weights do not fill the manifest. */
export function decodeModel({ path, parsed, groups, shards }: ModelFiles): TfjsModel {
  const weights = new Map<string, Constant>();
  groups.forEach((group, i) => {
    for (const [name, constant] of decodeWeights(shards[i]!, group.weights, path)) weights.set(name, constant);
  });
  const topology = parsed.modelTopology;
  const signature = (parsed.signature ??
    (parsed.userDefinedMetadata as { signature?: Signature } | undefined)?.signature) as Signature | undefined;
  return { format: formatOf(parsed), topology, weights, ...(signature === undefined ? {} : { signature }) };
}

function formatOf(parsed: Record<string, unknown>): TfjsModel['format'] {
  if (parsed.format === 'graph-model' || parsed.format === 'layers-model') return parsed.format;
  return Array.isArray((parsed.modelTopology as { node?: unknown }).node) ? 'graph-model' : 'layers-model';
}

function parse(json: Buffer, path: string): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(json.toString('utf8'));
  } catch (cause) {
    throw new KatonicError(
      {
        code: 'package',
        message: 'a TensorFlow.js model is JSON; this file is not',
        remedy: 'Name the model.json of the export.',
        where: { file: path },
      },
      { cause },
    );
  }
  if (typeof parsed !== 'object' || parsed === null || !('modelTopology' in parsed))
    throw notAModel(path, 'it has no modelTopology');
  if (typeof parsed.modelTopology !== 'object' || parsed.modelTopology === null)
    throw notAModel(path, 'its modelTopology is no object');
  return parsed as Record<string, unknown>;
}

function notAModel(path: string, why: string): KatonicError {
  return new KatonicError({
    code: 'package',
    message: `this is no TensorFlow.js model: ${why}`,
    remedy: 'Name the model.json of the export (metadata.json and tokenizer files lie beside it).',
    where: { file: path },
  });
}
