/**
 * The intermediate graph: what the readers of layers models and graph models build, what the folding passes change and
 * what `emit.ts` writes as ONNX. Operators carry the names and attributes of ONNX (opset 18); tensors are named.
 */

export type ElementType = 'float32' | 'int32' | 'int64' | 'bool';

/** `bool` is held as bytes 0 and 1. */
export type Values = Float32Array | Int32Array | BigInt64Array | Uint8Array;

export interface Constant {
  readonly dtype: ElementType;
  readonly shape: readonly number[];
  /** Row-major; its length is the product of `shape`. */
  readonly data: Values;
}

/** `null` is a dimension known only at run time: the batch, or a free height or width. */
export type Dimension = number | null;
export type Shape = readonly Dimension[];

export type Attribute =
  | { readonly type: 'int'; readonly value: number }
  | { readonly type: 'float'; readonly value: number }
  | { readonly type: 'ints'; readonly value: readonly number[] }
  | { readonly type: 'string'; readonly value: string };

export type Attributes = Readonly<Record<string, Attribute>>;

export interface GraphNode {
  readonly op: string;
  readonly name: string;
  /** Tensor names; an empty one is an optional input left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Attributes;
}

export interface TensorDeclaration {
  readonly name: string;
  readonly dtype: ElementType;
  readonly shape: Shape;
}

export interface Graph {
  readonly inputs: readonly TensorDeclaration[];
  readonly outputs: readonly TensorDeclaration[];
  /** In an order in which each node comes after those it reads. */
  readonly nodes: readonly GraphNode[];
  readonly constants: ReadonlyMap<string, Constant>;
}

export const int = (value: number): Attribute => ({ type: 'int', value });
export const float = (value: number): Attribute => ({ type: 'float', value });
export const ints = (value: readonly number[]): Attribute => ({ type: 'ints', value });
export const text = (value: string): Attribute => ({ type: 'string', value });

/** Number of elements; `null` when a dimension is free. */
export function sizeOf(shape: Shape): number | null {
  return shape.reduce<number | null>((size, dim) => (size === null || dim === null ? null : size * dim), 1);
}

/** The graph without the nodes and constants that no output needs. */
export function prune(graph: Graph): Graph {
  const needed = new Set(graph.outputs.map((output) => output.name));
  const kept: GraphNode[] = [];
  for (const node of [...graph.nodes].reverse()) {
    if (!node.outputs.some((name) => needed.has(name))) continue;
    kept.push(node);
    for (const name of node.inputs) needed.add(name);
  }
  return {
    ...graph,
    nodes: kept.reverse(),
    constants: new Map([...graph.constants].filter(([name]) => needed.has(name))),
  };
}
