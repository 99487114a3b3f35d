import { refuse } from '../refuse.js';
import type { ExportSource } from '../source/source.js';
import type { TfjsModel, Weight } from './model-json.js';

/** Bytes of one stored value, by the name that TensorFlow.js gives its type. */
export const sizes: Readonly<Record<string, number>> = {
  float32: 4,
  int32: 4,
  float16: 2,
  uint16: 2,
  uint8: 1,
  bool: 1,
  complex64: 8,
  string: 0,
};

export function weightBytes(weight: Weight, file: string): number {
  const stored = weight.quantization?.dtype ?? weight.dtype;
  const size = sizes[stored];
  if (size === undefined) {
    throw refuse(
      `${file} stores the weight ${weight.name} as ${stored}, which TensorFlow.js does not read (it reads ${Object.keys(sizes).join(', ')})`,
      'Convert the model again with tensorflowjs_converter.',
      file,
    );
  }
  return weight.shape.reduce((product, side) => product * side, size);
}

/** The values of one small weight (a scaling constant), read from its shard. At most 16 of them; undefined for others. */
export async function smallWeight(source: ExportSource, model: TfjsModel, name: string): Promise<number[] | undefined> {
  const weight = model.weights.find((each) => each.name === name);
  const length = weight?.shape.reduce((product, side) => product * side, 1) ?? 0;
  if (weight === undefined || length === 0 || length > 16 || !['float32', 'int32'].includes(weight.dtype))
    return undefined;
  const shards = await Promise.all(model.shards[weight.group]!.map((shard) => source.bytes(shard)));
  const bytes = Buffer.concat(shards).subarray(weight.offset, weight.offset + weightBytes(weight, model.file));
  return Array.from({ length }, (_, index) => valueAt(bytes, weight, index));
}

function valueAt(bytes: Buffer, weight: Weight, index: number): number {
  const { quantization } = weight;
  const affine = (stored: number): number => stored * (quantization?.scale ?? 1) + (quantization?.min ?? 0);
  switch (quantization?.dtype) {
    case 'uint8':
      return affine(bytes.readUInt8(index));
    case 'uint16':
      return affine(bytes.readUInt16LE(index * 2));
    case 'float16':
      return halfToNumber(bytes.readUInt16LE(index * 2));
    default:
      return weight.dtype === 'int32' ? bytes.readInt32LE(index * 4) : bytes.readFloatLE(index * 4);
  }
}

/** IEEE 754 binary16. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
