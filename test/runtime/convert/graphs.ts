import { convertedGraph, convertModel } from '../../../runtime/convert/convert.js';
import type { Constant } from '../../../runtime/convert/graph.js';
import type { RawNode } from '../../../runtime/convert/ops/attributes.js';
import type { TfjsModel } from '../../../runtime/convert/read/model.js';
import { answersOf, expectAnswers, runOnnx, tf } from './tfjs.js';

/** Attributes as they stand in model.json. */
export const attr = {
  i: (value: number) => ({ i: String(value) }),
  f: (value: number) => ({ f: value }),
  b: (value: boolean) => ({ b: value }),
  s: (value: string) => ({ s: Buffer.from(value).toString('base64') }),
  is: (...values: number[]) => ({ list: { i: values.map(String) } }),
  ss: (...values: string[]) => ({ list: { s: values.map((value) => Buffer.from(value).toString('base64')) } }),
  type: (value: string) => ({ type: value }),
};

/** A graph model written by hand: the picture is `x`. */
export class GraphModel {
  readonly #nodes: RawNode[] = [];
  readonly #weights = new Map<string, Constant>();

  constructor(shape: readonly number[], dtype = 'DT_FLOAT') {
    const dim = shape.map((size) => ({ size: String(size) }));
    this.#nodes.push({ name: 'x', op: 'Placeholder', attr: { dtype: { type: dtype }, shape: { shape: { dim } } } });
  }

  floats(name: string, shape: readonly number[], values?: ArrayLike<number>): string {
    const length = shape.reduce((size, dim) => size * dim, 1);
    const data = Float32Array.from(values ?? { length }, (value) => value ?? Math.random() - 0.5);
    return this.#constant(name, { dtype: 'float32', shape, data });
  }

  positive(name: string, shape: readonly number[]): string {
    const length = shape.reduce((size, dim) => size * dim, 1);
    return this.floats(
      name,
      shape,
      Array.from({ length }, () => 0.5 + Math.random()),
    );
  }

  ints(name: string, values: readonly number[], shape: readonly number[] = [values.length]): string {
    return this.#constant(name, { dtype: 'int32', shape, data: Int32Array.from(values) });
  }

  node(
    op: string,
    input: readonly string[],
    attributes: RawNode['attr'] = {},
    name = `n${this.#nodes.length}`,
  ): string {
    this.#nodes.push({ name, op, input, attr: attributes });
    return name;
  }

  /** A convolution that leaves channels as they are, so that what comes after is computed as NCHW. */
  nchw(input: string, channels: number): string {
    const kernel = this.floats(`${input}_pointwise`, [1, 1, channels, channels]);
    return this.node('Conv2D', [input, kernel], {
      strides: attr.is(1, 1, 1, 1),
      dilations: attr.is(1, 1, 1, 1),
      padding: attr.s('VALID'),
    });
  }

  model(...outputs: string[]): TfjsModel {
    const named = Object.fromEntries(outputs.map((name) => [name, { name: `${name}:0` }]));
    return {
      format: 'graph-model',
      topology: { node: structuredClone(this.#nodes), versions: { producer: 1 } },
      weights: this.#weights,
      signature: { inputs: { x: { name: 'x:0' } }, outputs: named },
    };
  }

  /** Converts and compares; gives the count of each ONNX operator. */
  async expectSame(x: tf.Tensor, ...outputs: string[]): Promise<Record<string, number>> {
    const model = this.model(...outputs);
    const reference = await tf.loadGraphModel(tf.io.fromMemory(this.#artifacts(model)));
    // A graph model answers with a map when its signature names the outputs.
    const expected = reference.execute(x, outputs) as tf.Tensor | tf.Tensor[];
    expectAnswers(await runOnnx(convertModel(model), x), answersOf(expected));
    const counts: Record<string, number> = {};
    for (const { op } of convertedGraph(model).graph.nodes) counts[op] = (counts[op] ?? 0) + 1;
    return counts;
  }

  #artifacts(model: TfjsModel): tf.io.ModelArtifacts {
    const entries = [...this.#weights];
    return {
      format: 'graph-model',
      modelTopology: model.topology as object,
      signature: model.signature as object,
      weightSpecs: entries.map(([name, { dtype, shape }]) => ({ name, shape: [...shape], dtype: dtype as 'float32' })),
      weightData: new Uint8Array(
        Buffer.concat(
          entries.map(([, { data }]) => Buffer.from(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength)),
        ),
      ).buffer,
    };
  }

  #constant(name: string, constant: Constant): string {
    this.#weights.set(name, constant);
    this.#nodes.push({
      name,
      op: 'Const',
      attr: { dtype: { type: constant.dtype === 'int32' ? 'DT_INT32' : 'DT_FLOAT' } },
    });
    return name;
  }
}
