import { rangeBefore, type Step } from '../affine.js';
import type { Pixels, Said } from '../facts.js';
import type { OutputForm } from '../reading.js';
import { refuse } from '../refuse.js';
import { type ExportSource, isObject, type JsonObject } from '../source/source.js';
import { damaged, type TfjsModel } from './model-json.js';
import { smallWeight } from './weights.js';

interface Node {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly string[];
  readonly attr: JsonObject;
}

export interface GraphFacts {
  readonly inputName: string;
  /** With the batch first; -1 where it is free; empty where the graph says nothing. */
  readonly input: readonly number[];
  readonly inputFrom: string;
  readonly inputDtype: string;
  /** The one with the scores, where there are several. */
  readonly outputName: string | undefined;
  readonly outputs: number | undefined;
  readonly outputsFrom: string;
  readonly form: OutputForm | undefined;
  /** The op that decides the form. */
  readonly lastOp: string;
  readonly pixels: Said<Pixels> | undefined;
}

const passing = new Set(['Identity', 'Reshape', 'Squeeze', 'ExpandDims', 'Cast', 'StopGradient', 'Transpose']);

/** What the graph of a TensorFlow.js graph model says: its signature, what it ends in, what it does to pixels first. */
export async function readGraph(source: ExportSource, model: TfjsModel): Promise<GraphFacts> {
  const nodes = (model.topology.node as unknown[]).map((node) => readNode(node, model.file));
  if (nodes.length === 0) throw damaged(model.file, 'its graph has no nodes');
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const signature = [model.json.signature, model.json.userDefinedMetadata]
    .map((each) => (isObject(each) && isObject(each.signature) ? each.signature : each))
    .find((each) => isObject(each) && (isObject(each.inputs) || isObject(each.outputs))) as JsonObject | undefined;

  const input = inputOf(signature, nodes, model.file);
  const outputs = outputsOf(signature, nodes, model.file);
  const output = outputs.length === 1 ? outputs[0]! : classScores(outputs, model.file);
  const deciding = walkBack(byName.get(output.node), byName);
  const fromWeights = unitsFromWeights(deciding, byName, model);
  const size = output.shape.at(-1);
  const outputSize = size !== undefined && size > 0 && output.shape.length <= 2 ? size : fromWeights;
  return {
    inputName: input.node,
    input: input.shape,
    inputFrom: `${model.file} ${signature === undefined ? `node ${input.node}` : 'signature'}`,
    inputDtype: input.dtype,
    outputName: outputs.length > 1 ? output.node : undefined,
    outputs: outputSize,
    outputsFrom: outputSize === fromWeights ? `${model.file} weights of the last layer` : `${model.file} signature`,
    form: formOf(deciding?.op, outputSize),
    lastOp: deciding?.op ?? output.node,
    pixels: await scalingOf(source, model, input.node, nodes),
  };
}

function readNode(node: unknown, file: string): Node {
  if (!isObject(node) || typeof node.name !== 'string' || typeof node.op !== 'string') {
    throw damaged(file, 'a node of its graph has no name or no op');
  }
  const inputs = Array.isArray(node.input) ? (node.input as unknown[]).map((each) => nodeName(String(each))) : [];
  return { name: node.name, op: node.op, inputs, attr: isObject(node.attr) ? node.attr : {} };
}

/** `^name:0` names the node `name`. */
function nodeName(tensor: string): string {
  return tensor.replace(/^\^/, '').replace(/:\d+$/, '');
}

interface End {
  readonly node: string;
  readonly shape: readonly number[];
  readonly dtype: string;
}

function ends(part: unknown): End[] {
  if (!isObject(part)) return [];
  return Object.entries(part).flatMap(([key, info]) =>
    isObject(info)
      ? [
          {
            node: nodeName(String(info.name ?? key)),
            shape: shapeOf(info.tensorShape),
            dtype: String(info.dtype ?? 'DT_FLOAT'),
          },
        ]
      : [],
  );
}

function shapeOf(shape: unknown): number[] {
  const dims = isObject(shape) ? shape.dim : undefined;
  if (!Array.isArray(dims)) return [];
  return dims.map((dim: unknown) => (isObject(dim) && dim.size !== undefined ? Number(dim.size) : -1));
}

function inputOf(signature: JsonObject | undefined, nodes: readonly Node[], file: string): End {
  const placeholders = nodes
    .filter((node) => node.op === 'Placeholder')
    .map((node) => ({
      node: node.name,
      shape: shapeOf(isObject(node.attr.shape) ? node.attr.shape.shape : undefined),
      dtype: isObject(node.attr.dtype) ? String(node.attr.dtype.type ?? 'DT_FLOAT') : 'DT_FLOAT',
    }));
  const signed = ends(signature?.inputs).filter((end) => placeholders.some(({ node }) => node === end.node));
  const inputs = signed.length > 0 ? signed : placeholders;
  const [input] = inputs;
  if (input === undefined) throw damaged(file, 'its graph has no input (Placeholder)');
  if (inputs.length > 1) {
    throw refuse(
      `${file} takes ${inputs.length} inputs (${inputs.map(({ node }) => node).join(', ')})`,
      'Only models with one picture as input are served.',
      file,
    );
  }
  const placeholder = placeholders.find(({ node }) => node === input.node);
  return input.shape.length > 0 || placeholder === undefined ? input : placeholder;
}

function outputsOf(signature: JsonObject | undefined, nodes: readonly Node[], file: string): End[] {
  const known = new Set(nodes.map((node) => node.name));
  const signed = ends(signature?.outputs).filter((end) => known.has(end.node));
  if (signed.length > 0) return signed;
  const used = new Set(nodes.flatMap((node) => node.inputs));
  const last = nodes.filter((node) => !used.has(node.name) && !['Const', 'Placeholder', 'NoOp'].includes(node.op));
  if (last.length === 0) throw damaged(file, 'its graph has no output');
  return last.map((node) => ({ node: node.name, shape: [], dtype: 'DT_FLOAT' }));
}

function classScores(outputs: readonly End[], file: string): End {
  throw refuse(
    `${file} has ${outputs.length} outputs (${outputs.map(({ node }) => node).join(', ')}): a classifier has one, a detector several`,
    'Export an image classification model; object detection and multi-output models are not served.',
    file,
  );
}

function walkBack(start: Node | undefined, byName: ReadonlyMap<string, Node>): Node | undefined {
  let node = start;
  for (let steps = 0; node !== undefined && passing.has(node.op) && steps < 50; steps++)
    node = byName.get(node.inputs[0] ?? '');
  return node;
}

function formOf(op: string | undefined, outputs: number | undefined): OutputForm | undefined {
  switch (op) {
    case 'Softmax':
      return 'probabilities';
    case 'Sigmoid':
      return outputs === 1 ? 'probability' : 'independent';
    case 'LogSoftmax':
    case 'MatMul':
    case '_FusedMatMul':
    case 'BiasAdd':
    case 'Add':
    case 'AddV2':
    case 'Conv2D':
    case '_FusedConv2D':
    case 'Mean':
      return outputs === 1 ? 'logit' : 'logits';
    default:
      return undefined;
  }
}

function unitsFromWeights(
  deciding: Node | undefined,
  byName: ReadonlyMap<string, Node>,
  model: TfjsModel,
): number | undefined {
  const shapes = new Map(model.weights.map((weight) => [weight.name, weight.shape]));
  let node = deciding;
  for (let steps = 0; node !== undefined && steps < 10; steps++) {
    const shape = node.inputs
      .slice(1)
      .map((name) => shapes.get(name))
      .find((each) => each !== undefined && each.length > 0);
    if (shape !== undefined && /MatMul|BiasAdd|Add|Conv2D/.test(node.op)) return shape.at(-1);
    node = byName.get(node.inputs[0] ?? '');
  }
  return undefined;
}

/** Follows the picture from the input as long as one node takes it on and does the same to each pixel. */
async function scalingOf(
  source: ExportSource,
  model: TfjsModel,
  input: string,
  nodes: readonly Node[],
): Promise<Said<Pixels> | undefined> {
  const steps: Step[] = [];
  const ops: string[] = [];
  let name = input;
  for (let hops = 0; hops < 12; hops++) {
    const takers = nodes.filter((node) => node.inputs.includes(name));
    const node = takers[0];
    if (takers.length !== 1 || node === undefined) break;
    if (!['Identity', 'Cast', 'ExpandDims', 'Transpose', 'Pad'].includes(node.op)) {
      const other = node.inputs.find((each) => each !== name) ?? '';
      const value = (await smallWeight(source, model, other))?.[0];
      if (value === undefined) break;
      if (node.op === 'Mul') steps.push({ factor: value });
      else if (node.op === 'RealDiv' || node.op === 'Div') steps.push({ factor: 1 / value });
      else if (node.op === 'Sub') steps.push({ term: -value });
      else if (node.op === 'Add' || node.op === 'AddV2') steps.push({ term: value });
      else break;
      ops.push(node.op);
    }
    name = node.name;
  }
  return rangeBefore(steps, `the graph (${ops.join(', ')} at its input)`);
}
