import { type Attribute, type Constant, type Graph, type GraphNode, ints, prune } from './graph.js';
import { asFloats, floats, numbers } from './tensors.js';

/**
 * Work that can be done once instead of for each picture: batch normalisation and zero padding go into the
 * convolution beside them. ONNX Runtime does the same when it opens a model; done here, it opens sooner.
 */
export function fold(graph: Graph): Graph {
  return prune(shieldPadding(foldBatchNormalization(foldPadding(graph))));
}

/** Conv → BatchNormalization, where nothing else reads the convolution. */
export function foldBatchNormalization(graph: Graph): Graph {
  const { producers, readers } = links(graph);
  const constants = new Map(graph.constants);
  const replaced = new Map<GraphNode, GraphNode>();
  const dropped = new Set<GraphNode>();
  for (const norm of graph.nodes) {
    if (norm.op !== 'BatchNormalization') continue;
    const conv = producers.get(norm.inputs[0]!);
    if (conv?.op !== 'Conv' || readers.get(conv.outputs[0]!)?.length !== 1) continue;
    const [gamma, beta, mean, variance] = norm.inputs.slice(1).map((name) => asFloats(constants.get(name)!)) as [
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    const weights = constants.get(conv.inputs[1]!)!;
    const epsilon = norm.attributes.epsilon?.value as number;
    const factors = gamma.map((g, i) => g / Math.sqrt(variance[i]! + epsilon));
    const bias = conv.inputs[2] ? asFloats(constants.get(conv.inputs[2])!) : undefined;
    const shifted = beta.map((offset, i) => offset + ((bias?.[i] ?? 0) - mean[i]!) * factors[i]!);
    const names = { weights: `${norm.name}/folded_weights`, bias: `${norm.name}/folded_bias` };
    constants.set(names.weights, scaledRows(weights, factors));
    constants.set(names.bias, floats([shifted.length], shifted));
    replaced.set(norm, { ...conv, inputs: [conv.inputs[0]!, names.weights, names.bias], outputs: norm.outputs });
    dropped.add(conv);
  }
  const nodes = graph.nodes.filter((node) => !dropped.has(node)).map((node) => replaced.get(node) ?? node);
  return { ...graph, nodes, constants };
}

/** Pad with zeros on height and width → Conv without padding of its own by rule. */
export function foldPadding(graph: Graph): Graph {
  const { producers } = links(graph);
  const nodes = graph.nodes.map((conv) => {
    if (conv.op !== 'Conv' || conv.attributes.auto_pad !== undefined) return conv;
    const padding = producers.get(conv.inputs[0]!);
    if (padding?.op !== 'Pad' || padding.attributes.mode?.value !== 'constant') return conv;
    const filler = padding.inputs[2] === undefined ? 0 : numbers(graph.constants.get(padding.inputs[2])!)[0];
    const ends = numbers(graph.constants.get(padding.inputs[1]!)!);
    const [n0, c0, top, left, n1, c1, bottom, right] = ends;
    const spatial = ends.length === 8 && n0 === 0 && c0 === 0 && n1 === 0 && c1 === 0;
    if (!spatial || filler !== 0 || ends.some((end) => end < 0)) return conv;
    const own = (conv.attributes.pads?.value ?? [0, 0, 0, 0]) as readonly number[];
    const pads: Attribute = ints([top! + own[0]!, left! + own[1]!, bottom! + own[2]!, right! + own[3]!]);
    return { ...conv, inputs: [padding.inputs[0]!, ...conv.inputs.slice(1)], attributes: { ...conv.attributes, pads } };
  });
  return { ...graph, nodes };
}

/** The smallest normal number of single precision: no sum or maximum tells it from 0. */
const ALMOST_ZERO = 2 ** -126;

/**
 * Pad with zeros → MaxPool: ONNX Runtime makes one MaxPool of both (PadFusion, seen in 1.30), whose padding does not count,
 * while a zero is more than what is negative. It leaves a padding with another number alone.
 */
export function shieldPadding(graph: Graph): Graph {
  const { readers } = links(graph);
  const constants = new Map(graph.constants);
  const nodes = graph.nodes.map((padding) => {
    if (padding.op !== 'Pad' || padding.attributes.mode?.value !== 'constant') return padding;
    if (!readers.get(padding.outputs[0]!)?.some(({ op }) => op === 'MaxPool')) return padding;
    const filler = padding.inputs[2] === undefined ? 0 : numbers(constants.get(padding.inputs[2])!)[0];
    if (filler !== 0) return padding;
    const name = `${padding.name}/almost_zero`;
    constants.set(name, floats([], [ALMOST_ZERO]));
    return { ...padding, inputs: [padding.inputs[0]!, padding.inputs[1]!, name] };
  });
  return { ...graph, nodes, constants };
}

function scaledRows(weights: Constant, factors: Float32Array): Constant {
  const values = asFloats(weights);
  const row = values.length / factors.length;
  return floats(
    weights.shape,
    values.map((value, i) => value * factors[Math.floor(i / row)]!),
  );
}

function links(graph: Graph) {
  const producers = new Map<string, GraphNode>();
  const readers = new Map<string, GraphNode[]>();
  for (const node of graph.nodes) {
    for (const name of node.outputs) producers.set(name, node);
    for (const name of node.inputs) readers.set(name, [...(readers.get(name) ?? []), node]);
  }
  return { producers, readers };
}
