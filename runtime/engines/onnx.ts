import { createRequire } from 'node:module';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { KatonicError } from '../errors.js';
import type { DType, Engine, OpenModel, OpenOptions, Output, TensorData, TensorInfo } from './engine.js';
import { engineError, firstLine } from './failure.js';
import { type OnProviders, onProviders } from './onnx-providers.js';
import { checkInput } from './tensors.js';

const PACKAGE = 'onnxruntime-node';
const MISSING = `${PACKAGE} is not installed; run: npm install --onnxruntime-node-install=skip ${PACKAGE}@1.30.0`;
const DTYPES = new Set<string>(['float32', 'uint8', 'int32', 'float16', 'int64'] satisfies DType[]);

type Runtime = typeof import('onnxruntime-node');
type Metadata = InferenceSession.ValueMetadata;
type TensorMetadata = Extract<Metadata, { isTensor: true }>;

/** ONNX Runtime, on the CPU unless `providers` says otherwise; of those that are not there `why` says so. */
export const onnx: Engine = {
  name: 'onnx',
  async available() {
    try {
      await import('onnxruntime-node');
      return { ok: true, version: version() };
    } catch (error) {
      const absent = (error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND';
      return { ok: false, reason: absent ? MISSING : `${PACKAGE} does not load here (${firstLine(error)})` };
    }
  },
  open,
};

async function open(path: string, options: OpenOptions): Promise<OpenModel> {
  const found = await onnx.available();
  if (!found.ok)
    throw engineError(`An ONNX model needs ONNX Runtime: ${found.reason}.`, 'Install it, then start again.', path);
  const runtime = await import('onnxruntime-node');
  const { session, used, notes } = await started(runtime, path, options);
  try {
    const model = opened(runtime, session, path, `onnxruntime ${found.version} (${used})`);
    return { ...model, why: [model.why, ...notes].join('; ') };
  } catch (error) {
    await session.release();
    throw error;
  }
}

async function started(runtime: Runtime, path: string, options: OpenOptions): Promise<OnProviders> {
  const create = (providers: readonly string[]) =>
    runtime.InferenceSession.create(path, {
      // Several processes serve, each on a core: more threads in one only take turns with the others'.
      intraOpNumThreads: options.threads ?? 1,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      graphOptimizationLevel: 'all',
      executionProviders: [...providers],
      logSeverityLevel: 3,
    });
  try {
    return await onProviders(runtime, options.providers ?? ['cpu'], create);
  } catch (error) {
    if (error instanceof KatonicError) throw error;
    throw engineError(
      `ONNX Runtime cannot open the model: ${firstLine(error)}`,
      'Check that the file is whole and an ONNX model (with its .data file beside it, where it has one); export it again if not.',
      path,
      error,
    );
  }
}

function opened(runtime: Runtime, session: InferenceSession, path: string, engine: string): OpenModel {
  const inputs = session.inputMetadata.filter(isTensor).map((metadata) => infoOf(metadata));
  const outputs = session.outputMetadata.filter(isTensor);
  const [input] = inputs;
  if (input === undefined || session.inputNames.length !== 1) {
    throw engineError(
      `An image classifier has one input; this model has ${session.inputNames.length}: ${session.inputNames.join(', ')}.`,
      'Export the model with the picture as its only input.',
      path,
    );
  }
  if (!DTYPES.has(input.dtype)) {
    throw engineError(
      `The input "${input.name}" is ${input.dtype}, which is not supported.`,
      'Export it with float32 or uint8 input.',
      path,
    );
  }
  // Outputs that are no tensors (scikit-learn's ZipMap) cannot cross into JavaScript: they are not asked for.
  const wanted = outputs.map(({ name }) => name);

  async function runAll(data: TensorData, shape: readonly number[]): Promise<readonly Output[]> {
    checkInput(data, shape, input as TensorInfo, [(input as TensorInfo).dtype]);
    const { dtype } = input as TensorInfo;
    const feed = new runtime.Tensor(dtype as 'float32', data as Float32Array, shape);
    // The library turns bits into a Float16Array where there is one (Node 24), which its native part does not read.
    if (dtype === 'float16') Object.assign(feed, { cpuData: data });
    try {
      const results = await session.run({ [(input as TensorInfo).name]: feed }, wanted);
      return wanted.map((name) => outputOf(name, results[name] as Tensor));
    } catch (error) {
      throw engineError(
        `ONNX Runtime failed: ${firstLine(error)}`,
        'Check the image recipe against the model.',
        path,
        error,
      );
    }
  }

  return {
    engine,
    why: 'an .onnx file runs on ONNX Runtime',
    inputs,
    outputs: outputs.map(infoOf),
    gainsFromBatches: false,
    run: async (data, shape) => (await runAll(data, shape))[0] as Output,
    runAll,
    tensorCount: () => undefined,
    dispose: () => session.release(),
  };
}

function isTensor(metadata: Metadata): metadata is TensorMetadata {
  return metadata.isTensor;
}

function infoOf(metadata: TensorMetadata): TensorInfo {
  const shape = metadata.shape.map((side) => (typeof side === 'number' && side >= 0 ? side : -1));
  return { name: metadata.name, shape, dtype: metadata.type as DType };
}

function outputOf(name: string, tensor: Tensor): Output {
  const data = tensor.data as TensorData;
  // Where JavaScript has Float16Array, half floats come as such; ours are the bits in a Uint16Array everywhere.
  const bits = tensor.type === 'float16' && !(data instanceof Uint16Array);
  return {
    name,
    data: bits
      ? new Uint16Array((data as Float32Array).buffer, (data as Float32Array).byteOffset, (data as Float32Array).length)
      : data,
    shape: tensor.dims,
  };
}

function version(): string {
  return (createRequire(import.meta.url)(`${PACKAGE}/package.json`) as { version: string }).version;
}
