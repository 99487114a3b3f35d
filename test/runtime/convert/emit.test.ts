import { fromBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema, TensorProto_DataType, AttributeProto_AttributeType as Type } from 'onnx-buf';
import { expect, it } from 'vitest';
import { emit, OPSET } from '../../../runtime/convert/emit.js';
import { type Constant, float, type Graph, int, ints, text } from '../../../runtime/convert/graph.js';

const constants = new Map<string, Constant>([
  ['floats', { dtype: 'float32', shape: [2, 1], data: Float32Array.of(1.5, -2) }],
  ['ints', { dtype: 'int32', shape: [1], data: Int32Array.of(-7) }],
  ['longs', { dtype: 'int64', shape: [1], data: BigInt64Array.of(-1n) }],
  ['flags', { dtype: 'bool', shape: [2], data: Uint8Array.of(0, 1) }],
  // A view into the middle of a larger buffer, as decoded weights can be.
  ['view', { dtype: 'float32', shape: [1], data: new Float32Array(Float32Array.of(8, 9, 10).buffer, 4, 1) }],
]);
const graph: Graph = {
  inputs: [{ name: 'x', dtype: 'float32', shape: [null, null, 4, 3] }],
  outputs: [{ name: 'y', dtype: 'int32', shape: [null, 2] }],
  nodes: [
    {
      op: 'Conv',
      name: 'conv',
      inputs: ['x', 'floats', ''],
      outputs: ['y'],
      attributes: { group: int(2), alpha: float(0.25), pads: ints([0, 1, 2, 3]), auto_pad: text('VALID') },
    },
  ],
  constants,
};
const read = () => fromBinary(ModelProtoSchema, emit(graph, '1a2b'));

it('writes the header that readers ask for', () => {
  const { irVersion, producerName, producerVersion, opsetImport } = read();
  expect({ irVersion, producerName, producerVersion }).toEqual({
    irVersion: 8n,
    producerName: 'katonic-classifier',
    producerVersion: '1a2b',
  });
  expect(opsetImport.map(({ domain, version }) => [domain, version])).toEqual([['', BigInt(OPSET)]]);
});

it('writes nodes with attributes of every type, and keeps the place of an input that is left out', () => {
  const [node] = read().graph!.node;
  expect(node).toMatchObject({ opType: 'Conv', name: 'conv', input: ['x', 'floats', ''], output: ['y'] });
  expect(node!.attribute.map(({ name, type }) => [name, type])).toEqual([
    ['group', Type.INT],
    ['alpha', Type.FLOAT],
    ['pads', Type.INTS],
    ['auto_pad', Type.STRING],
  ]);
  const [group, alpha, pads, autoPad] = node!.attribute;
  expect([group!.i, alpha!.f, pads!.ints, Buffer.from(autoPad!.s).toString()]).toEqual([
    2n,
    0.25,
    [0n, 1n, 2n, 3n],
    'VALID',
  ]);
});

it('writes constants of every type, little-endian, and no more of a buffer than is theirs', () => {
  const tensors = read().graph!.initializer.map(({ name, dataType, dims, rawData }) => [
    name,
    dataType,
    dims.map(Number),
    Buffer.from(rawData).toString('hex'),
  ]);
  expect(tensors).toEqual([
    ['floats', TensorProto_DataType.FLOAT, [2, 1], '0000c03f000000c0'],
    ['ints', TensorProto_DataType.INT32, [1], 'f9ffffff'],
    ['longs', TensorProto_DataType.INT64, [1], 'ffffffffffffffff'],
    ['flags', TensorProto_DataType.BOOL, [2], '0001'],
    ['view', TensorProto_DataType.FLOAT, [1], '00001041'],
  ]);
});

it('names the batch and other free sizes', () => {
  const { input, output } = read().graph!;
  const sizes = [...input, ...output].map(({ name, type }) => {
    if (type?.value.case !== 'tensorType') throw new Error(`${name} is no tensor`);
    return [name, type.value.value.elemType, type.value.value.shape!.dim.map(({ value }) => value.value)];
  });
  expect(sizes).toEqual([
    ['x', TensorProto_DataType.FLOAT, ['batch', 'x_1', 4n, 3n]],
    ['y', TensorProto_DataType.INT32, ['batch', 2n]],
  ]);
});
