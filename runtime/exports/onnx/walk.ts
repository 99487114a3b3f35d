import type { NodeProto, TensorProto } from 'onnx-buf';
import { rangeBefore, type Step } from '../affine.js';
import type { Pixels, Said } from '../facts.js';
import type { OutputForm } from '../reading.js';
import { halfToNumber } from '../tfjs/weights.js';
import type { OnnxFile } from './model-file.js';

/** Nodes that change the shape, the type or nothing: what lies before them decides what the values mean. */
const passing = new Set([
  'Identity',
  'Reshape',
  'Flatten',
  'Squeeze',
  'Unsqueeze',
  'Cast',
  'Transpose',
  'Dropout',
  'DequantizeLinear',
  'QuantizeLinear',
  'ZipMap',
]);

/** Sums of products, and what comes after them in a classifier's head: their values are logits. */
const linear =
  /^(Gemm|MatMul|Add|Conv|FusedGemm|FusedMatMul|FusedConv|QGemm|MatMulInteger|QLinearMatMul|QLinearAdd|DynamicQuantizeMatMul|MatMulIntegerToFloat|GlobalAveragePool|ReduceMean|AveragePool|LogSoftmax|MatMulNBits)$/;

export interface End {
  readonly form: 'probabilities' | 'sigmoid' | 'logits' | undefined;
  /** The op that decides it. */
  readonly op: string;
  /** The number of values, told by the weights. */
  readonly size: number | undefined;
}

/** What the values of the tensor `name` are, told by the nodes that make it. */
export function walkBack(onnx: OnnxFile, name: string): End {
  const makers = new Map(onnx.graph.node.flatMap((node) => node.output.map((output) => [output, node] as const)));
  let node = makers.get(name);
  for (let steps = 0; node !== undefined && passing.has(node.opType) && steps < 50; steps++)
    node = makers.get(node.input[0] ?? '');
  return { form: formOf(node, makers), op: node?.opType ?? 'nothing', size: sizeOf(node, onnx, makers) };
}

function formOf(node: NodeProto | undefined, makers: ReadonlyMap<string, NodeProto>): End['form'] {
  if (node === undefined) return undefined;
  if (/LogSoftmax/i.test(node.opType)) return 'logits';
  if (/softmax/i.test(node.opType)) return 'probabilities';
  if (/sigmoid/i.test(node.opType)) return 'sigmoid';
  if (node.opType === 'Div') {
    const [over, under] = node.input.map((input) => makers.get(input)?.opType);
    if (over === 'Exp' && under === 'ReduceSum') return 'probabilities';
  }
  if (/^(LinearClassifier|TreeEnsembleClassifier|SVMClassifier|Normalizer)$/.test(node.opType)) return 'probabilities';
  return linear.test(node.opType) ? 'logits' : undefined;
}

/** The output form for a number of values. */
export function outputForm(form: End['form'], size: number | undefined): OutputForm | undefined {
  if (form === 'probabilities') return size === 1 ? 'probability' : 'probabilities';
  if (form === 'sigmoid') return size === 1 ? 'probability' : 'independent';
  if (form === 'logits') return size === 1 ? 'logit' : 'logits';
  return undefined;
}

function sizeOf(
  start: NodeProto | undefined,
  onnx: OnnxFile,
  makers: ReadonlyMap<string, NodeProto>,
): number | undefined {
  let node = start;
  for (let steps = 0; node !== undefined && steps < 10; steps++) {
    const weights = node.input.slice(1).flatMap((input) => onnx.initializers.get(input) ?? []);
    const [weight] = weights;
    if (node.opType === 'Gemm' && weight !== undefined) {
      const transposed = node.attribute.some(({ name, i }) => name === 'transB' && i === 1n);
      return Number(weight.dims.at(transposed ? 0 : -1));
    }
    if (node.opType === 'Conv' && weight !== undefined) return Number(weight.dims[0]);
    if (/MatMul|Add/.test(node.opType)) {
      const vector = weights.find(({ dims }) => dims.length > 0) ?? onnx.initializers.get(node.input[0] ?? '');
      if (vector !== undefined && vector.dims.length > 0) return Number(vector.dims.at(-1));
    }
    node = makers.get(node.input[0] ?? '') ?? makers.get(node.input[1] ?? '');
  }
  return undefined;
}

export interface Front {
  readonly pixels: Said<Pixels> | undefined;
  /** Told by a transposition at the input, or by a convolution that takes the input as it is. */
  readonly layout: 'nhwc' | 'nchw' | undefined;
}

/** Follows the picture from the input as long as one node takes it on and does the same to each pixel. */
export function walkForward(onnx: OnnxFile, input: string): Front {
  const steps: Step[] = [];
  const ops: string[] = [];
  const constants = constantsOf(onnx);
  let layout: Front['layout'];
  let name = input;
  for (let hops = 0; hops < 16; hops++) {
    const takers = onnx.graph.node.filter((node) => node.input.includes(name) && node.opType !== 'Shape');
    const node = takers[0];
    if (takers.length !== 1 || node === undefined) break;
    if (node.opType === 'Transpose') {
      const perm = node.attribute.find((each) => each.name === 'perm')?.ints.join(',');
      if (perm === '0,3,1,2') layout ??= 'nhwc';
    } else if (/Conv$/.test(node.opType)) {
      layout ??= 'nchw';
      break;
    } else if (!['Identity', 'Cast', 'QuantizeLinear', 'DequantizeLinear', 'Pad'].includes(node.opType)) {
      const other = node.input.find((each) => each !== name);
      const value = other === undefined ? undefined : constants.get(other);
      if (value === undefined) break;
      if (node.opType === 'Mul') steps.push({ factor: value });
      else if (node.opType === 'Div') steps.push({ factor: 1 / value });
      else if (node.opType === 'Sub') steps.push({ term: -value });
      else if (node.opType === 'Add') steps.push({ term: value });
      else break;
      ops.push(node.opType);
    }
    name = node.output[0] ?? '';
  }
  return { pixels: rangeBefore(steps, `the graph (${ops.join(', ')} at its input)`), layout };
}

/** The first value of each constant: from the weights, and from Constant nodes. */
function constantsOf(onnx: OnnxFile): { get(name: string): number | undefined } {
  const nodes = new Map(
    onnx.graph.node
      .filter((node) => node.opType === 'Constant')
      .map((node) => [node.output[0] ?? '', node.attribute.find(({ name }) => name === 'value')?.t]),
  );
  return {
    get: (name) => {
      const tensor = onnx.initializers.get(name) ?? nodes.get(name);
      return tensor === undefined ? undefined : firstValue(tensor);
    },
  };
}

function firstValue(tensor: TensorProto): number | undefined {
  const { rawData, floatData, int32Data, int64Data, doubleData } = tensor;
  const listedValue =
    floatData[0] ?? doubleData[0] ?? (tensor.dataType === 10 ? undefined : int32Data[0]) ?? int64Data[0];
  if (listedValue !== undefined) return Number(listedValue);
  const view = new DataView(rawData.buffer, rawData.byteOffset, rawData.byteLength);
  if (tensor.dataType === 1 && rawData.length >= 4) return view.getFloat32(0, true);
  if (tensor.dataType === 11 && rawData.length >= 8) return view.getFloat64(0, true);
  if (tensor.dataType === 10 && rawData.length >= 2) return halfToNumber(view.getUint16(0, true));
  return undefined;
}
