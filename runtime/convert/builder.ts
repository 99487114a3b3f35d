import type { Attributes, Constant, ElementType, Graph, GraphNode, Shape, TensorDeclaration } from './graph.js';
import { prune } from './graph.js';
import { CHANNELS_LAST, type Layout } from './layout.js';
import { scalar } from './tensors.js';
import { Unsupported } from './unsupported.js';

/**
 * A tensor while the graph is built. `shape` is always TensorFlow's (NHWC); `layout` says how the values lie in the
 * ONNX tensor of that name, so that a chain of convolutions never goes back and forth.
 */
export interface Value {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: ElementType;
  readonly layout: Layout;
  /** Set when the values are known now; they lie as `layout` says. */
  readonly constant?: Constant;
  /** The elements of a small integer tensor, `null` for a free dimension: shapes computed inside a graph model. */
  readonly known?: readonly (number | null)[];
}

export interface Result {
  readonly shape: Shape;
  readonly dtype?: ElementType;
  readonly layout?: Layout;
}

/** Collects nodes and constants; the primitives call it, the front ends call the primitives. */
export class Builder {
  readonly #inputs: TensorDeclaration[] = [];
  readonly #outputs: TensorDeclaration[] = [];
  readonly #nodes: GraphNode[] = [];
  readonly #constants = new Map<string, Constant>();
  readonly #constantNames = new Map<Constant, string>();
  readonly #derived = new WeakMap<Constant, Map<string, Constant>>();
  readonly #names = new Set<string>();
  /** A value in another layout, made once: see `layout.ts`. */
  readonly relaid = new Map<string, Value>();
  /** What the user should know, where TensorFlow.js itself does something unexpected. */
  readonly notes: string[] = [];
  /** The layer or operator being converted; nodes are named after it. */
  scope = '';

  input(name: string, shape: Shape, dtype: ElementType): Value {
    this.#names.add(name);
    this.#inputs.push({ name, shape, dtype });
    return { name, shape, dtype, layout: CHANNELS_LAST };
  }

  /** A constant as a value. It reaches the graph only when a node reads it. */
  constant(constant: Constant, known?: readonly (number | null)[]): Value {
    return {
      name: '',
      shape: constant.shape,
      dtype: constant.dtype,
      layout: CHANNELS_LAST,
      constant,
      ...(known === undefined ? {} : { known }),
    };
  }

  /** A small integer tensor of which some elements are known only at run time; nodes cannot read it, shapes can. */
  partlyKnown(known: readonly (number | null)[], shape: readonly number[]): Value {
    if (known.every((item) => item !== null)) {
      return this.constant({ dtype: 'int32', shape, data: Int32Array.from(known) }, known);
    }
    return { name: '', shape, dtype: 'int32', layout: CHANNELS_LAST, known };
  }

  scalar(value: number, dtype: ElementType = 'float32'): Value {
    return this.constant(scalar(value, dtype));
  }

  /** `make(constant)`, once for each constant and key: a layer called twice shares its rearranged weights. */
  derive(constant: Constant, key: string, make: (constant: Constant) => Constant): Constant {
    const made = this.#derived.get(constant) ?? new Map<string, Constant>();
    this.#derived.set(constant, made);
    const found = made.get(key) ?? make(constant);
    made.set(key, found);
    return found;
  }

  /** Adds a node with one output. Inputs are taken as they lie; `undefined` leaves an optional one out. */
  node(op: string, inputs: readonly (Value | undefined)[], result: Result, attributes: Attributes = {}): Value {
    return this.nodes(op, inputs, [result], attributes)[0]!;
  }

  nodes(
    op: string,
    inputs: readonly (Value | undefined)[],
    results: readonly Result[],
    attributes: Attributes = {},
  ): Value[] {
    const name = this.#unique(this.scope === '' ? op : `${this.scope}/${op}`);
    const first = inputs.find((input) => input !== undefined);
    const values = results.map(
      (result, i): Value => ({
        name: results.length === 1 ? name : this.#unique(`${name}:${i}`),
        shape: result.shape,
        dtype: result.dtype ?? first?.dtype ?? 'float32',
        layout: result.layout ?? CHANNELS_LAST,
      }),
    );
    this.#nodes.push({
      op,
      name,
      inputs: inputs.map((input) => (input === undefined ? '' : this.#nameOf(input))),
      outputs: values.map((value) => value.name),
      attributes,
    });
    return values;
  }

  /** Declares an output; the value must lie in TensorFlow's order. */
  output(value: Value, name: string): void {
    const taken = this.#names.has(name);
    const renamed = taken ? this.#unique(name) : name;
    this.#names.add(renamed);
    this.#outputs.push({ name: renamed, shape: value.shape, dtype: value.dtype });
    this.#nodes.push({
      op: 'Identity',
      name: `output/${renamed}`,
      inputs: [this.#nameOf(value)],
      outputs: [renamed],
      attributes: {},
    });
  }

  finish(): Graph {
    return prune({ inputs: this.#inputs, outputs: this.#outputs, nodes: this.#nodes, constants: this.#constants });
  }

  #nameOf(value: Value): string {
    if (value.constant === undefined) {
      if (value.name === '')
        throw new Unsupported('a shape', this.scope, 'depends on the batch where numbers are needed');
      return value.name;
    }
    const found = this.#constantNames.get(value.constant);
    if (found !== undefined) return found;
    const name = this.#unique(this.scope === '' ? 'constant' : `${this.scope}/constant`);
    this.#constantNames.set(value.constant, name);
    this.#constants.set(name, value.constant);
    return name;
  }

  #unique(wanted: string): string {
    let name = wanted;
    for (let i = 2; this.#names.has(name); i++) name = `${wanted}_${i}`;
    this.#names.add(name);
    return name;
  }
}
