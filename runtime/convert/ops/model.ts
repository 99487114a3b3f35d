import { Builder, type Value } from '../builder.js';
import type { Graph } from '../graph.js';
import { channelsLast } from '../layout.js';
import { slice } from '../primitives/shaping.js';
import type { Signature, TfjsModel } from '../read/model.js';
import { Unsupported } from '../unsupported.js';
import { OpAttributes, type RawNode } from './attributes.js';
import { type Dilated, dilatedNode, findDilated } from './dilated.js';
import { operations } from './registry.js';

/**
 * The graph of a graph model: the operators that its outputs need, each converted once, in an order in which inputs come
 * first.
 * @throws Unsupported naming the operator that has no counterpart.
 */
export function operationsGraph(model: TfjsModel): { graph: Graph; notes: readonly string[] } {
  const listed = (model.topology as { node?: readonly RawNode[] }).node ?? [];
  const nodes = new Map(listed.map((node) => [node.name, node]));
  const b = new Builder();
  const walk = new Walk(b, model, nodes);
  const outputs = outputNames(listed, model.signature);
  walk.convert(outputs);
  if (walk.inputs.length !== 1) {
    throw new Unsupported(
      'a graph',
      '',
      `has ${walk.inputs.length} inputs (${walk.inputs.join(', ')}); one picture is one input`,
    );
  }
  b.scope = '';
  for (const name of outputs) b.output(channelsLast(b, walk.value(name)), name);
  return { graph: b.finish(), notes: b.notes };
}

class Walk {
  /** Placeholders met. */
  readonly inputs: string[] = [];
  readonly #values = new Map<string, readonly Value[]>();
  readonly #dilated: ReadonlyMap<string, Dilated>;

  constructor(
    readonly b: Builder,
    readonly model: TfjsModel,
    readonly nodes: ReadonlyMap<string, RawNode>,
  ) {
    this.#dilated = findDilated(nodes, model.weights);
  }

  /** Output `index` of a node: `name` or `name:index`. */
  value(reference: string): Value {
    const [name, index] = parse(reference);
    const value = this.#values.get(name)?.[index];
    if (value === undefined) throw new Unsupported('a graph', '', `refers to ${reference}, which it does not hold`);
    return value;
  }

  /** Converts what the outputs need. A stack of its own: deep graphs would exhaust that of JavaScript. */
  convert(outputs: readonly string[]): void {
    const waiting = outputs.map((name) => parse(name)[0]);
    const opened = new Set<string>();
    while (waiting.length > 0) {
      const name = waiting.at(-1)!;
      if (this.#values.has(name)) {
        waiting.pop();
        continue;
      }
      const node = this.nodes.get(name);
      if (node === undefined) throw new Unsupported('a graph', '', `refers to ${name}, which it does not hold`);
      const missing = this.#needs(node).filter((input) => !this.#values.has(input));
      if (missing.length > 0) {
        if (opened.has(name)) throw new Unsupported(node.op, name, 'is part of a loop');
        opened.add(name);
        waiting.push(...missing);
        continue;
      }
      this.#values.set(name, this.#convert(node));
      waiting.pop();
    }
  }

  #needs(node: RawNode): string[] {
    const dilated = this.#dilated.get(node.name);
    const references =
      dilated === undefined
        ? dataInputs(node)
        : [dilated.source, ...dilated.chain.flatMap((link) => dataInputs(link).slice(1))];
    return references.map((reference) => parse(reference)[0]);
  }

  #convert(node: RawNode): readonly Value[] {
    this.b.scope = node.name;
    if (node.op === 'Placeholder') return [this.#input(node)];
    if (node.op === 'Const') return [this.#constant(node)];
    // A switch for training, with its value for inference.
    if (node.op === 'PlaceholderWithDefault') return [this.value(dataInputs(node)[0] ?? '')];
    const dilated = this.#dilated.get(node.name);
    if (dilated !== undefined) return [this.#convolve(dilated)];
    return this.#operate(
      node,
      dataInputs(node).map((reference) => this.value(reference)),
    );
  }

  #operate(node: RawNode, inputs: readonly Value[]): readonly Value[] {
    const operation = operations[node.op];
    if (operation === undefined) throw new Unsupported(node.op, node.name);
    const made = operation({ b: this.b, op: node.op, name: node.name, attributes: new OpAttributes(node), inputs });
    return Array.isArray(made) ? (made as Value[]) : [made as Value];
  }

  #convolve(dilated: Dilated): Value {
    let value = this.value(dilated.source);
    for (const link of dilated.chain) {
      const node = link === dilated.chain[0] ? dilatedNode(link, dilated) : link;
      const more = dataInputs(link)
        .slice(1)
        .map((reference) => this.value(reference));
      value = this.#operate(node, [value, ...more])[0]!;
    }
    const cuts = [0, 1].map((i) => {
      const size = value.shape[i + 1]!;
      return {
        axis: i + 1,
        start: dilated.crops[2 * i]!,
        end: size === null ? null : size - dilated.crops[2 * i + 1]!,
        step: 1,
      };
    });
    return slice(this.b, value, cuts);
  }

  #input(node: RawNode): Value {
    const attributes = new OpAttributes(node);
    const shape = attributes.shape('shape') ?? signatureShape(this.model.signature, node.name);
    if (shape === undefined) throw new Unsupported(node.op, node.name, 'does not say its shape');
    this.inputs.push(node.name);
    return this.b.input(node.name, shape, attributes.type('dtype', 'float32'));
  }

  #constant(node: RawNode): Value {
    const constant = this.model.weights.get(node.name);
    if (constant === undefined) throw new Unsupported(node.op, node.name, 'has no values in the weights files');
    return this.b.constant(constant);
  }
}

/** As TensorFlow.js has them: those of the signature, else every node that no other reads. */
function outputNames(nodes: readonly RawNode[], signature: Signature | undefined): string[] {
  const signed = Object.values(signature?.outputs ?? {}).map(({ name }) => parse(name));
  const second = signed.find(([, index]) => index !== 0);
  if (second !== undefined)
    throw new Unsupported(
      'a graph',
      '',
      `gives output ${second[1]} of ${second[0]}, which TensorFlow.js takes for its first`,
    );
  if (signed.length > 0) return [...new Set(signed.map(([name]) => name))];
  const read = new Set(
    nodes.flatMap((node) => (node.input ?? []).map((reference) => parse(reference.replace(/^\^/, ''))[0])),
  );
  return nodes.filter((node) => !read.has(node.name)).map((node) => node.name);
}

interface SignedTensor {
  readonly name: string;
  readonly tensorShape?: { readonly dim?: readonly { readonly size?: string | number }[] };
}

function signatureShape(signature: Signature | undefined, node: string): (number | null)[] | undefined {
  const entry = Object.values(signature?.inputs ?? {}).find(({ name }) => parse(name)[0] === node) as
    | SignedTensor
    | undefined;
  return entry?.tensorShape?.dim?.map(({ size }) => (size === undefined || Number(size) < 0 ? null : Number(size)));
}

/** Without the control inputs, which only order side effects. */
function dataInputs(node: RawNode): readonly string[] {
  return (node.input ?? []).filter((reference) => !reference.startsWith('^'));
}

function parse(reference: string): [name: string, index: number] {
  const parts = reference.split(':');
  return parts.length === 1 ? [reference, 0] : [parts[0]!, Number(parts.at(-1))];
}
