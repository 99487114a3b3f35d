import { Builder, type Value } from '../builder.js';
import type { Constant, ElementType, Graph, Shape } from '../graph.js';
import { channelsLast } from '../layout.js';
import type { TfjsModel } from '../read/model.js';
import { Unsupported } from '../unsupported.js';
import { LayerConfig } from './config.js';
import { layers } from './registry.js';
import { isContainer, type LayerEntry, type Model, readModel, readTopology, type TensorReference } from './topology.js';

/**
 * The graph of a layers model: Sequential and functional ones, nested and shared. Inputs keep TensorFlow's shape.
 * @throws Unsupported naming the layer that has no counterpart.
 */
export function layersGraph(model: TfjsModel): { graph: Graph; notes: readonly string[] } {
  const b = new Builder();
  const top = readTopology(model.topology);
  const walk = new Walk(b, namedWeights(model.weights));
  const inputs = modelInputs(top);
  if (inputs.length !== 1) {
    throw new Unsupported(
      'a model',
      top.name,
      `has ${inputs.length} inputs (${inputs.map((input) => input.name).join(', ')}); one picture is one input`,
    );
  }
  const values = inputs.map(({ name, shape, dtype }) => b.input(name, shape, dtype));
  const outputs = walk.model(top, values);
  b.scope = '';
  outputs.forEach((value, i) => {
    b.output(channelsLast(b, value), outputNames(top)[i] ?? `output_${i}`);
  });
  return { graph: b.finish(), notes: b.notes };
}

type Weights = (layer: LayerEntry, name: string) => Constant;

class Walk {
  constructor(
    readonly b: Builder,
    readonly weights: Weights,
  ) {}

  model(model: Model, inputs: readonly Value[]): Value[] {
    return model.kind === 'sequential' ? this.#sequential(model, inputs) : this.#functional(model, inputs);
  }

  #sequential(model: Model, inputs: readonly Value[]): Value[] {
    return model.layers
      .filter((layer) => layer.className !== 'InputLayer')
      .reduce<Value[]>((values, layer) => this.#call(layer, values), [...inputs]);
  }

  #functional(model: Model, inputs: readonly Value[]): Value[] {
    const byName = new Map(model.layers.map((layer) => [layer.name, layer]));
    const made = new Map<string, Value[]>();
    model.inputs.forEach((reference, i) => {
      made.set(`${reference.layer} 0`, [inputs[i]!]);
    });
    const shift = firstNodes(model);

    const resolve = (reference: TensorReference): Value => {
      const { layer: name, tensor } = reference;
      const node = reference.node - (shift.get(name) ?? 0);
      const key = `${name} ${node}`;
      let values = made.get(key);
      if (values === undefined) {
        const layer = byName.get(name);
        const call = layer?.calls[node];
        if (layer === undefined || call === undefined)
          throw new Unsupported(
            'a model',
            model.name,
            `refers to call ${reference.node} of "${name}", which it does not hold`,
          );
        values = this.#call(layer, call.map(resolve));
        made.set(key, values);
      }
      const value = values[tensor];
      if (value === undefined)
        throw new Unsupported(
          'a model',
          model.name,
          `refers to output ${tensor} of "${name}", which has ${values.length}`,
        );
      return value;
    };
    return model.outputs.map(resolve);
  }

  #call(layer: LayerEntry, inputs: readonly Value[]): Value[] {
    if (isContainer(layer.className)) return this.model(readModel(layer.className, layer.config), inputs);
    const convert = layers[layer.className];
    if (convert === undefined) throw new Unsupported(layer.className, layer.name);
    const x = inputs[0];
    if (x === undefined) throw new Unsupported(layer.className, layer.name, 'has no input');
    this.b.scope = layer.name;
    const config = new LayerConfig(layer.config, layer.className, layer.name);
    return [convert({ b: this.b, config, x, inputs, weight: (name) => this.weights(layer, name) })];
  }
}

/** A nested model has a call 0 of its own, made with its own inputs; calls in the outer model then start at 1. */
function firstNodes(model: Model): Map<string, number> {
  const first = new Map<string, number>();
  const nested = new Set(model.layers.filter((layer) => isContainer(layer.className)).map((layer) => layer.name));
  for (const { layer, node } of [...model.outputs, ...model.layers.flatMap((l) => l.calls.flat())]) {
    if (nested.has(layer)) first.set(layer, Math.min(first.get(layer) ?? node, node));
  }
  return first;
}

function modelInputs(model: Model): { name: string; shape: Shape; dtype: ElementType }[] {
  if (model.kind === 'functional') {
    return model.inputs.map(({ layer: name }) => {
      const layer = model.layers.find((candidate) => candidate.name === name);
      return { name, ...declaredInput(layer, model) };
    });
  }
  const first = model.layers[0];
  if (first !== undefined && isContainer(first.className)) return modelInputs(readModel(first.className, first.config));
  const name = first?.className === 'InputLayer' ? first.name : `${first?.name ?? model.name}_input`;
  return [{ name, ...declaredInput(first, model) }];
}

function declaredInput(layer: LayerEntry | undefined, model: Model): { shape: Shape; dtype: ElementType } {
  const shape = layer?.config.batch_input_shape ?? layer?.config.batch_shape;
  if (!Array.isArray(shape)) throw new Unsupported('a model', model.name, 'does not say the shape of its input');
  return { shape: shape as (number | null)[], dtype: layer?.config.dtype === 'int32' ? 'int32' : 'float32' };
}

function outputNames(model: Model): readonly string[] {
  if (model.kind === 'functional') return model.outputs.map((output) => output.layer);
  const last = model.layers.at(-1);
  if (last === undefined) return [];
  return isContainer(last.className) ? outputNames(readModel(last.className, last.config)) : [last.name];
}

/** TensorFlow.js finds `layer/weight`, or `layer/cell/weight` without the cell. */
function namedWeights(weights: ReadonlyMap<string, Constant>): Weights {
  const short = new Map<string, Constant>();
  for (const [name, constant] of weights) {
    const parts = name.split('/');
    short.set([...parts.slice(0, -2), parts.at(-1)].join('/'), constant);
  }
  return (layer, name) => {
    const found = weights.get(`${layer.name}/${name}`) ?? short.get(`${layer.name}/${name}`);
    if (found === undefined) throw new Unsupported(layer.className, layer.name, `has no weight "${name}" in the file`);
    return found;
  };
}
