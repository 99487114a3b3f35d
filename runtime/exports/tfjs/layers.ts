import { rangeBefore, type Step } from '../affine.js';
import { normalisation } from '../answers.js';
import type { Pixels, Said } from '../facts.js';
import type { OutputForm } from '../reading.js';
import { refuse } from '../refuse.js';
import { isObject, type JsonObject } from '../source/source.js';
import { damaged, type TfjsModel } from './model-json.js';

interface Layer {
  readonly name: string;
  readonly className: string;
  readonly config: JsonObject;
  readonly inbound: readonly string[];
}

export interface LayersFacts {
  /** `[height, width, channels]`, null where it is free. */
  readonly input: readonly (number | null)[];
  readonly outputs: number | undefined;
  readonly activation: string;
  readonly form: OutputForm | undefined;
  readonly lastLayer: string;
  readonly pixels: Said<Pixels> | undefined;
  /** The name of the network inside, where Keras gave it one: `mobilenetv2_1.00_224`. */
  readonly names: readonly string[];
}

/** Layers that change the shape or nothing at all: what lies before them decides what the values mean. */
const passing = new Set(['Flatten', 'Reshape', 'Dropout', 'Permute', 'InputLayer', 'Activation:linear']);

/** Layers that Keras writes and TensorFlow.js has no code for. */
const notInTfjs =
  /^(Lambda|TFOpLambda|SlicingOpLambda|Normalization|StringLookup|Functional\.call|MultiHeadAttention)$/;

/** What the layers of a TensorFlow.js layers model say. Throws {@link KatonicError} `package`. */
export function readLayers(model: TfjsModel): LayersFacts {
  const root = isObject(model.topology.model_config) ? model.topology.model_config : model.topology;
  const all = flatten(root, model.file);
  checkLayers(all, model.file);
  const input = inputShape(root, model.file);
  const chain = outputChain(root, model.file);
  const last = chain.find((layer) => !passing.has(key(layer)));
  if (last === undefined) throw damaged(model.file, 'its model has no layer that computes anything');
  const activation = activationOf(last);
  const outputs = unitsOf(chain, model);
  return {
    input,
    outputs,
    activation,
    form: formOf(activation, outputs),
    lastLayer: last.name,
    pixels: scalingOf(all),
    names: all.filter((layer) => isModel(layer)).map((layer) => layer.name),
  };
}

function key(layer: Layer): string {
  return layer.className === 'Activation' ? `Activation:${String(layer.config.activation)}` : layer.className;
}

function isModel(layer: Layer): boolean {
  return Array.isArray(layer.config.layers) || Array.isArray(layer.config);
}

function layersOf(model: JsonObject, file: string): Layer[] {
  const config = model.config;
  const raw = Array.isArray(config) ? config : isObject(config) ? config.layers : undefined;
  if (!Array.isArray(raw)) throw damaged(file, 'its model has no list of layers');
  return raw.map((layer: unknown) => {
    if (!isObject(layer) || typeof layer.class_name !== 'string') throw damaged(file, 'a layer has no class_name');
    const own = isObject(layer.config) || Array.isArray(layer.config) ? (layer.config as JsonObject) : {};
    return {
      className: layer.class_name,
      config: own,
      name: String(layer.name ?? own.name ?? layer.class_name),
      inbound: inboundOf(layer.inbound_nodes),
    };
  });
}

function asModel(layer: Layer): JsonObject {
  return { class_name: layer.className, config: layer.config };
}

function inboundOf(nodes: unknown): string[] {
  const first: unknown = Array.isArray(nodes) ? nodes[0] : undefined;
  if (!Array.isArray(first)) return [];
  return first.flatMap((edge: unknown) => (Array.isArray(edge) && typeof edge[0] === 'string' ? [edge[0]] : []));
}

function flatten(model: JsonObject, file: string): Layer[] {
  return layersOf(model, file).flatMap((layer) =>
    isModel(layer) ? [layer, ...flatten(asModel(layer), file)] : [layer],
  );
}

function checkLayers(layers: readonly Layer[], file: string): void {
  const foreign = layers.find((layer) => notInTfjs.test(layer.className) || layer.className.includes('>'));
  if (foreign !== undefined) {
    throw refuse(
      `${file} has the layer ${foreign.name} of the kind ${foreign.className}, which TensorFlow.js cannot run in a layers model`,
      'Convert it as a graph model, which needs no layer code: tensorflowjs_converter --input_format=keras --output_format=tfjs_graph_model.',
      file,
    );
  }
  const keras3 = layers.find((layer) => 'batch_shape' in layer.config && !('batch_input_shape' in layer.config));
  if (keras3 !== undefined) {
    throw refuse(
      `${file} was written by Keras 3 (batch_shape in ${keras3.name}), whose layers models TensorFlow.js cannot load`,
      'Convert it as a graph model (--output_format=tfjs_graph_model), or save it with Keras 2 (TF_USE_LEGACY_KERAS=1).',
      file,
    );
  }
}

function inputShape(model: JsonObject, file: string): (number | null)[] {
  const layers = layersOf(model, file);
  const inputs = isObject(model.config) ? references(model.config.input_layers) : [];
  if (inputs.length > 1) {
    throw refuse(
      `${file} takes ${inputs.length} inputs (${inputs.join(', ')})`,
      'Only models with one picture as input are served.',
      file,
    );
  }
  const first = layers.find((layer) => layer.name === inputs[0]) ?? layers[0];
  const shape: unknown = first?.config.batch_input_shape;
  if (Array.isArray(shape)) return (shape as (number | null)[]).slice(1);
  if (first !== undefined && isModel(first)) return inputShape(asModel(first), file);
  throw damaged(file, `its first layer${first === undefined ? '' : `, ${first.name},`} has no batch_input_shape`);
}

/** The layers from the output backwards, as long as each has one before it. */
function outputChain(model: JsonObject, file: string): Layer[] {
  const layers = layersOf(model, file);
  const outputs = isObject(model.config) ? references(model.config.output_layers) : [];
  if (outputs.length > 1) {
    throw refuse(
      `${file} has ${outputs.length} outputs (${outputs.join(', ')})`,
      'Only models with one output are served: export one that ends in the class scores.',
      file,
    );
  }
  const chain: Layer[] = [];
  let layer = outputs.length === 1 ? layers.find((each) => each.name === outputs[0]) : layers.at(-1);
  while (layer !== undefined && chain.length < 50) {
    if (isModel(layer)) chain.push(...outputChain(asModel(layer), file));
    else chain.push(layer);
    const at: number = layers.indexOf(layer);
    const before: string | undefined = layer.inbound[0];
    layer =
      before === undefined
        ? outputs.length === 1
          ? undefined
          : layers[at - 1]
        : layers.find((each) => each.name === before);
  }
  return chain;
}

/** The layer names of `[["a", 0, 0]]`, or of the short form `["a", 0, 0]`. */
function references(value: unknown): string[] {
  if (!Array.isArray(value)) return [];
  if (typeof value[0] === 'string') return [value[0]];
  return value.flatMap((each: unknown) => (Array.isArray(each) && typeof each[0] === 'string' ? [each[0]] : []));
}

function activationOf(layer: Layer): string {
  if (layer.className === 'Softmax') return 'softmax';
  const activation: unknown = layer.config.activation;
  return typeof activation === 'string' ? activation : 'linear';
}

function formOf(activation: string, outputs: number | undefined): OutputForm | undefined {
  if (activation === 'softmax') return 'probabilities';
  if (activation === 'sigmoid') return outputs === 1 ? 'probability' : 'independent';
  if (activation === 'linear') return outputs === 1 ? 'logit' : 'logits';
  return undefined;
}

function unitsOf(chain: readonly Layer[], model: TfjsModel): number | undefined {
  for (const layer of chain) {
    const units: unknown = layer.config.units ?? layer.config.filters;
    if (typeof units === 'number') return units;
    if (
      !/^(Activation|Softmax|Dropout|Flatten|Reshape|BatchNormalization|Global.*|ReLU|LeakyReLU)$/.test(layer.className)
    )
      break;
  }
  const last = model.weights.at(-1);
  return last?.shape.length === 1 ? last.shape[0] : undefined;
}

function scalingOf(layers: readonly Layer[]): Said<Pixels> | undefined {
  const rescaling = layers.find((layer) => layer.className === 'Rescaling');
  if (rescaling === undefined) return undefined;
  const { scale, offset } = rescaling.config;
  const steps: Step[] = [
    ...(typeof scale === 'number' ? [{ factor: scale }] : []),
    ...(typeof offset === 'number' ? [{ term: offset }] : []),
  ];
  return (
    rangeBefore(steps, `layer ${rescaling.name} (Rescaling)`) ?? {
      value: normalisation('0..255'),
      from: `layer ${rescaling.name} (Rescaling)`,
    }
  );
}
