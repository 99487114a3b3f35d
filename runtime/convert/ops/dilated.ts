import type { Constant } from '../graph.js';
import { numbers } from '../tensors.js';
import { OpAttributes, type RawNode } from './attributes.js';

/**
 * TensorFlow writes a dilated convolution as SpaceToBatchND → convolution → BatchToSpaceND. It is one convolution with
 * dilation and padding here, then the crop.
 */
export interface Dilated {
  /** Input of the SpaceToBatchND. */
  readonly source: string;
  /** The convolution, and what is applied to each element after it, in order. */
  readonly chain: readonly RawNode[];
  readonly block: readonly [number, number];
  /** Before and after, height and width. */
  readonly paddings: readonly number[];
  readonly crops: readonly number[];
}

const CONVOLUTIONS = new Set([
  'Conv2D',
  '_FusedConv2D',
  'DepthwiseConv2dNative',
  'DepthwiseConv2d',
  'FusedDepthwiseConv2dNative',
]);
const ELEMENTWISE = new Set(['BiasAdd', 'Add', 'AddV2', 'Relu', 'Relu6', 'Elu', 'Identity', 'FusedBatchNormV3', 'Mul']);

/** The dilated convolutions of a graph, by the name of their BatchToSpaceND. */
export function findDilated(
  nodes: ReadonlyMap<string, RawNode>,
  weights: ReadonlyMap<string, Constant>,
): Map<string, Dilated> {
  const found = new Map<string, Dilated>();
  const values = (input: string | undefined) => {
    const constant = weights.get((input ?? '').split(':')[0]!);
    return constant === undefined ? undefined : numbers(constant);
  };
  for (const end of nodes.values()) {
    if (end.op !== 'BatchToSpaceND') continue;
    const chain: RawNode[] = [];
    let node = nodes.get(end.input?.[0] ?? '');
    while (node !== undefined && ELEMENTWISE.has(node.op)) {
      chain.unshift(node);
      node = nodes.get(node.input?.[0] ?? '');
    }
    const start = nodes.get(node?.input?.[0] ?? '');
    if (node === undefined || !CONVOLUTIONS.has(node.op) || start?.op !== 'SpaceToBatchND') continue;
    const [block, paddings, crops] = [values(start.input?.[1]), values(start.input?.[2]), values(end.input?.[2])];
    const source = start.input?.[0];
    if (!slidesWithin(node) || ![node, ...chain].every((link) => alikeEverywhere(link, weights))) continue;
    if (block?.length !== 2 || paddings === undefined || crops === undefined || source === undefined) continue;
    found.set(end.name, { source, chain: [node, ...chain], block: [block[0]!, block[1]!], paddings, crops });
  }
  return found;
}

/** Without padding or strides of its own: with them it reads other places than one convolution with dilation. */
function slidesWithin(node: RawNode): boolean {
  const attributes = new OpAttributes(node);
  const ones = [...attributes.numbers('strides', []), ...attributes.numbers('dilations', [])].every(
    (step) => step === 1,
  );
  return ones && attributes.text('padding', 'VALID').toUpperCase() === 'VALID';
}

/** Whether it does the same at each place of the picture: an operand with places of its own has those of the blocks. */
function alikeEverywhere(node: RawNode, weights: ReadonlyMap<string, Constant>): boolean {
  const operands = (node.input ?? []).filter((name) => !name.startsWith('^')).slice(CONVOLUTIONS.has(node.op) ? 2 : 1);
  return operands.every((name) =>
    weights
      .get(name.split(':')[0]!)
      ?.shape.slice(0, -1)
      .every((side) => side === 1),
  );
}

/** The convolution's node with the dilation and padding in it. */
export function dilatedNode(node: RawNode, { block, paddings }: Dilated): RawNode {
  const list = (values: readonly number[]) => ({ list: { i: values.map(String) } });
  return {
    ...node,
    attr: {
      ...node.attr,
      dilations: list([1, ...block, 1]),
      padding: { s: Buffer.from('EXPLICIT').toString('base64') },
      explicit_paddings: list([0, 0, ...paddings, 0, 0]),
    },
  };
}
