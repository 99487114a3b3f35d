import { count, refuse } from '../refuse.js';
import { baseOf, type ExportSource, folderOf, inside, isObject, type JsonObject } from '../source/source.js';
import { weightBytes } from './weights.js';

export interface Weight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  /** Set where the values are stored smaller than `dtype`. */
  readonly quantization?: { readonly dtype: string; readonly scale?: number; readonly min?: number };
  /** Where its bytes begin, in the shards of its group put together. */
  readonly offset: number;
  readonly group: number;
}

export interface TfjsModel {
  readonly format: 'layers' | 'graph';
  readonly file: string;
  readonly json: JsonObject;
  readonly topology: JsonObject;
  readonly weights: readonly Weight[];
  /** The weight files of each group, as files of the export. */
  readonly shards: readonly (readonly string[])[];
  readonly files: readonly { readonly from: string; readonly to: string }[];
  /** For people: `converted by TensorFlow.js Converter v4.22.0, 2 weight files, uint8 weights`. */
  readonly made: string;
}

/** The model.json of an export: the file that was named, or the only one that is there. */
export async function findModelJson(source: ExportSource): Promise<string | undefined> {
  if (source.chosen !== undefined) {
    if (!/\.json$/i.test(source.chosen)) return undefined;
    return 'modelTopology' in (await source.json(source.chosen)) ? source.chosen : undefined;
  }
  const found = source.inFolder('', /\.json$/i);
  if (found.includes('model.json')) return 'model.json';
  const candidates: string[] = [];
  for (const file of found) {
    const json = await source.json(file).catch(() => undefined);
    if (json !== undefined && 'modelTopology' in json && 'weightsManifest' in json) candidates.push(file);
  }
  if (candidates.length > 1) {
    throw refuse(
      `${source.shown} holds ${count(candidates.length, 'TensorFlow.js model')}: ${candidates.join(', ')}`,
      `Name one of them, for example --model ${source.shown}/${candidates[0]}.`,
      candidates[0],
    );
  }
  return candidates[0];
}

/**
 * Reads a model.json and checks that its weight files are there and have the size that its manifest asks for.
 * Throws {@link KatonicError} `package` with the file and what is wrong.
 */
export async function readModelJson(source: ExportSource, file: string): Promise<TfjsModel> {
  const json = await source.json(file);
  const topology = json.modelTopology;
  if (!isObject(topology)) {
    throw refuse(
      `${file} has no modelTopology, so it is no TensorFlow.js model (it has: ${Object.keys(json).slice(0, 8).join(', ') || 'nothing'})`,
      'Give --model a model.json made by TensorFlow.js, its converter or Teachable Machine.',
      file,
    );
  }
  const format = formatOf(topology);
  if (format === undefined) {
    throw refuse(
      `the modelTopology of ${file} is neither a layers model (model_config) nor a graph model (node)`,
      'The file is damaged or of an unknown kind: convert the model again with tensorflowjs_converter.',
      file,
    );
  }
  const { weights, shards } = manifest(source, file, json.weightsManifest);
  await checkShards(source, file, weights, shards);
  const inFolder = (each: string): string => (folderOf(file) === '' ? each : each.slice(folderOf(file).length + 1));
  return {
    format,
    file,
    json,
    topology,
    weights,
    shards,
    files: [file, ...new Set(shards.flat())].map((each) => ({ from: source.absolute(each), to: inFolder(each) })),
    made: made(json, weights, shards),
  };
}

function formatOf(topology: JsonObject): 'layers' | 'graph' | undefined {
  if (Array.isArray(topology.node)) return 'graph';
  if (isObject(topology.model_config) || 'class_name' in topology) return 'layers';
  return undefined;
}

function manifest(source: ExportSource, file: string, groups: unknown): Pick<TfjsModel, 'weights' | 'shards'> {
  if (!Array.isArray(groups) || groups.length === 0) {
    throw refuse(
      `${file} has no weightsManifest: it describes the layers and not their weights`,
      'Export the model with its weights (model.save(...) or tensorflowjs_converter), not with model.toJSON().',
      file,
    );
  }
  const weights: Weight[] = [];
  const shards = groups.map((group: unknown, index): string[] => {
    if (!isObject(group) || !Array.isArray(group.paths) || !Array.isArray(group.weights)) {
      throw damaged(file, `group ${index} of its weightsManifest has no paths or no weights`);
    }
    let offset = 0;
    for (const entry of group.weights as unknown[]) {
      const weight = readWeight(entry, file, offset, index);
      offset += weightBytes(weight, file);
      weights.push(weight);
    }
    return (group.paths as unknown[]).map((path) => {
      if (typeof path !== 'string') throw damaged(file, 'a path of its weightsManifest is no text');
      const shard = inside(path, file);
      if (source.has(shard)) return shard;
      throw refuse(
        `${file} needs the weight file ${path}, which is not there`,
        `Put ${path} beside ${baseOf(file)}: it belongs to the same export. A browser saves it as a second download.`,
        shard,
      );
    });
  });
  return { weights, shards };
}

function readWeight(entry: unknown, file: string, offset: number, group: number): Weight {
  if (!isObject(entry) || typeof entry.name !== 'string' || typeof entry.dtype !== 'string' || !isShape(entry.shape)) {
    throw damaged(file, `an entry of its weightsManifest is no weight: ${JSON.stringify(entry)?.slice(0, 80)}`);
  }
  const { name, dtype, shape, quantization } = entry;
  return {
    name,
    dtype,
    shape,
    offset,
    group,
    ...(isObject(quantization) && typeof quantization.dtype === 'string'
      ? { quantization: quantization as unknown as NonNullable<Weight['quantization']> }
      : {}),
  };
}

function isShape(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((side) => Number.isInteger(side) && side >= 0);
}

async function checkShards(
  source: ExportSource,
  file: string,
  weights: readonly Weight[],
  shards: readonly (readonly string[])[],
): Promise<void> {
  for (const [group, paths] of shards.entries()) {
    const own = weights.filter((weight) => weight.group === group);
    // The length of text weights stands in their bytes; no classifier has them.
    if (own.some((weight) => weight.dtype === 'string')) continue;
    const expected = own.reduce((sum, weight) => sum + weightBytes(weight, file), 0);
    const lengths = await Promise.all(paths.map((path) => source.size(path)));
    const found = lengths.reduce((sum, length) => sum + length, 0);
    if (found === expected) continue;
    throw refuse(
      `the weights of ${file} take ${expected} bytes, ${paths.join(' + ')} ${paths.length === 1 ? 'has' : 'have'} ${found}`,
      found < expected
        ? 'A weight file is cut off: download or export it again.'
        : 'The weight file belongs to another model.json: take both from the same export.',
      paths[0],
    );
  }
}

function made(json: JsonObject, weights: readonly Weight[], shards: readonly (readonly string[])[]): string {
  const tool = [json.convertedBy, json.generatedBy].filter((name) => typeof name === 'string' && name !== '');
  const stored = new Set(weights.map((weight) => weight.quantization?.dtype).filter((dtype) => dtype !== undefined));
  const parts = [
    ...(tool.length > 0 ? [`made by ${tool[0] as string}`] : []),
    count(shards.flat().length, 'weight file'),
    ...(stored.size > 0 ? [`weights stored as ${[...stored].join(' and ')}`] : []),
  ];
  return parts.join(', ');
}

export function damaged(file: string, what: string): Error {
  return refuse(`${file} is damaged: ${what}`, 'Export or download the model again.', file);
}
