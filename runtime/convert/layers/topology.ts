import { Unsupported } from '../unsupported.js';

/** One entry of `layers` in a Sequential or functional model. */
export interface LayerEntry {
  readonly className: string;
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** One entry a call. */
  readonly calls: readonly (readonly TensorReference[])[];
}

/** Output `tensor` of call `node` of a layer. */
export interface TensorReference {
  readonly layer: string;
  readonly node: number;
  readonly tensor: number;
}

export interface Model {
  readonly name: string;
  readonly kind: 'sequential' | 'functional';
  readonly layers: readonly LayerEntry[];
  /** Functional models only. */
  readonly inputs: readonly TensorReference[];
  readonly outputs: readonly TensorReference[];
}

type Json = Readonly<Record<string, unknown>>;

const CONTAINERS: Readonly<Record<string, Model['kind']>> = {
  Sequential: 'sequential',
  Model: 'functional',
  Functional: 'functional',
};

export function isContainer(className: string): boolean {
  return Object.hasOwn(CONTAINERS, className);
}

/** `modelTopology` of a layers model: TensorFlow.js writes the model itself, Keras' converter wraps it in `model_config`. */
export function readTopology(topology: unknown): Model {
  const outer = topology as Json;
  const wrapped = outer.model_config;
  const model = (typeof wrapped === 'string' ? JSON.parse(wrapped) : (wrapped ?? outer)) as Json;
  return readModel(String(model.class_name), model.config);
}

export function readModel(className: string, config: unknown): Model {
  const kind = CONTAINERS[className];
  if (kind === undefined) throw new Unsupported(className, '', 'is no Sequential or functional model');
  const object = (Array.isArray(config) ? { layers: config } : config) as Json | undefined;
  if (!Array.isArray(object?.layers)) throw new Unsupported(className, '', 'lists no layers');
  return {
    name: typeof object.name === 'string' ? object.name : className,
    kind,
    layers: (object.layers as Json[]).map(readLayer),
    inputs: references(object.input_layers),
    outputs: references(object.output_layers),
  };
}

function readLayer(entry: Json): LayerEntry {
  const config = (entry.config ?? {}) as Json;
  const className = String(entry.class_name);
  const name = String(entry.name ?? (Array.isArray(config) ? className : config.name));
  const calls = Array.isArray(entry.inbound_nodes) ? entry.inbound_nodes : [];
  return {
    className,
    name,
    config,
    calls: calls.filter((call) => !isEmpty(call)).map((call) => callReferences(call, className, name)),
  };
}

function isEmpty(call: unknown): boolean {
  return Array.isArray(call) && call.length === 0;
}

/** Keras 2: `[[layer, node, tensor, {}], ...]`. Keras 3: `{args: [tensor or list of tensors], kwargs: {}}`. */
function callReferences(call: unknown, className: string, name: string): TensorReference[] {
  if (Array.isArray(call)) return references(call);
  const { args } = (call ?? {}) as { args?: unknown };
  const found: TensorReference[] = [];
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) {
      for (const item of value) visit(item);
      return;
    }
    const history = (value as { config?: { keras_history?: unknown } } | null)?.config?.keras_history;
    if (!Array.isArray(history)) throw new Unsupported(className, name, 'is called with something that is no tensor');
    found.push(...references([history]));
  };
  visit(args);
  return found;
}

/** `[["a", 0, 0], ...]`, or with one tensor `["a", 0, 0]`. */
function references(value: unknown): TensorReference[] {
  if (!Array.isArray(value)) return [];
  const list = typeof value[0] === 'string' ? [value] : value;
  return list.map((item) => {
    const [layer, node = 0, tensor = 0] = item as [unknown, number?, number?];
    return { layer: String(layer), node, tensor };
  });
}
