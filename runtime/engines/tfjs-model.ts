import type * as tfjs from '@tensorflow/tfjs';
import type { DType, OpenModel, Output, TensorData, TensorInfo } from './engine.js';
import { engineError, firstLine } from './failure.js';
import { checkInput } from './tensors.js';
import { tfjsFiles } from './tfjs-files.js';

type Tfjs = typeof tfjs;

export interface Backend {
  readonly tf: Tfjs;
  /** TFJS's name of it. */
  readonly name: 'tensorflow' | 'wasm' | 'cpu';
  /** For the banner. */
  readonly engine: string;
  readonly why: string;
}

type TfjsModel = tfjs.LayersModel | tfjs.GraphModel;

/**
 * A TensorFlow.js model on one backend. Tensors live only inside a run: `tensorCount` is the same before and after.
 * TFJS has one current backend in a process, so each run sets its own in the same tick as it computes.
 */
export async function openTfjs(path: string, backend: Backend): Promise<OpenModel> {
  const { tf } = backend;
  const { kind, handler } = await tfjsFiles(path);
  await tf.setBackend(backend.name);
  const model = await loaded(tf, kind, handler, path);
  const [input, ...more] = (model.inputs as NamedTensor[]).map(infoOf);
  const outputs = (model.outputs as NamedTensor[]).map(infoOf);
  if (input === undefined || more.length > 0) {
    model.dispose();
    throw engineError(
      `An image classifier has one input; this model has ${more.length + (input === undefined ? 0 : 1)}.`,
      'Export the model with the picture as its only input.',
      path,
    );
  }
  const accepts: readonly DType[] = input.dtype === 'int32' ? ['int32', 'uint8'] : [input.dtype];
  let dynamic = false;

  async function execute(data: TensorData, shape: readonly number[]): Promise<tfjs.Tensor[]> {
    await tf.setBackend(backend.name);
    const feed = () => tf.tensor(data as Float32Array, shape as number[], input?.dtype as 'float32');
    if (!dynamic) {
      try {
        return tf.tidy(() => asList(model.predict(feed()) as tfjs.Tensor | tfjs.Tensor[]));
      } catch (error) {
        if (!(kind === 'graph' && /executeAsync/.test(firstLine(error)))) throw error;
        // Control flow in the graph: such models run in steps, outside a tidy.
        dynamic = true;
      }
    }
    const fed = feed();
    try {
      return asList(await (model as tfjs.GraphModel).executeAsync(fed));
    } finally {
      fed.dispose();
    }
  }

  async function runAll(data: TensorData, shape: readonly number[]): Promise<readonly Output[]> {
    checkInput(data, shape, input as TensorInfo, accepts);
    let results: tfjs.Tensor[];
    try {
      results = await execute(data, shape);
    } catch (error) {
      throw engineError(
        `TensorFlow.js failed: ${firstLine(error)}`,
        'Check the image recipe against the model.',
        path,
        error,
      );
    }
    try {
      return results.map((tensor, index) => ({
        name: outputs[index]?.name ?? `output_${index}`,
        data: tensor.dataSync() as TensorData,
        shape: tensor.shape,
      }));
    } finally {
      for (const tensor of results) tensor.dispose();
    }
  }

  return {
    engine: backend.engine,
    why: backend.why,
    inputs: [input],
    outputs,
    gainsFromBatches: backend.name !== 'cpu' && input.shape[0] === -1,
    run: async (data, shape) => (await runAll(data, shape))[0] as Output,
    runAll,
    tensorCount: () => tf.memory().numTensors,
    dispose: async () => {
      model.dispose();
    },
  };
}

async function loaded(
  tf: Tfjs,
  kind: 'layers' | 'graph',
  handler: tfjs.io.IOHandler,
  path: string,
): Promise<TfjsModel> {
  try {
    return kind === 'graph' ? await tf.loadGraphModel(handler) : await tf.loadLayersModel(handler);
  } catch (error) {
    if (error instanceof Error && error.name === 'KatonicError') throw error;
    throw engineError(
      `TensorFlow.js cannot open the model: ${firstLine(error)}`,
      'A layer or operator that TensorFlow.js does not know must be exported as a graph model, or as ONNX.',
      path,
      error,
    );
  }
}

interface NamedTensor {
  readonly name: string;
  readonly shape?: readonly (number | null)[] | undefined;
  readonly dtype: string;
}

function infoOf({ name, shape, dtype }: NamedTensor): TensorInfo {
  return {
    name,
    shape: (shape ?? []).map((side) => (side === null || side < 0 ? -1 : side)),
    dtype: dtype === 'int32' || dtype === 'float32' ? dtype : dtype === 'bool' ? 'uint8' : (dtype as DType),
  };
}

function asList(result: tfjs.Tensor | tfjs.Tensor[]): tfjs.Tensor[] {
  return Array.isArray(result) ? result : [result];
}
