/**
 * Models behind one interface. Comes in: the path of a model.json or an .onnx file. Goes out: something that takes and
 * gives typed arrays. It knows nothing of pictures, and no library's tensor leaves it.
 */
import { stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { KatonicError } from '../errors.js';
import type { Engine, OpenModel, OpenOptions } from './engine.js';
import { engineError, firstLine } from './failure.js';
import { onnx } from './onnx.js';
import { cpu } from './tfjs-cpu.js';
import { tfjsNode } from './tfjs-node.js';
import { wasm } from './tfjs-wasm.js';

/** Every engine; those for TensorFlow.js models in the order in which `auto` tries them. */
export const engines: readonly Engine[] = [onnx, tfjsNode, wasm, cpu];
const TFJS_ENGINES: readonly Engine[] = [tfjsNode, wasm, cpu];
const NAMES = ['auto', 'tfjs', ...engines.map(({ name }) => name)];

const open = new Set<OpenModel>();

/** The models that are open in this process, for the banner. */
export function openedEngines(): { readonly engine: string; readonly why: string }[] {
  return [...open].map(({ engine, why }) => ({ engine, why }));
}

/** Whether batches pay with the models that are open here; a process that opened none is its own judge. */
export function gainsFromBatches(): boolean {
  return open.size === 0 || [...open].some((model) => model.gainsFromBatches);
}

/** Tensors alive in this process, where an engine counts them; TFJS counts all of its models together. */
export function tensorCount(): number | undefined {
  for (const model of open) {
    const count = model.tensorCount();
    if (count !== undefined) return count;
  }
  return undefined;
}

/**
 * Opens a model on the best engine present: ONNX Runtime for .onnx, and for a model.json that converts to ONNX and was found
 * equal; else tfjs-node, WebAssembly or plain JavaScript. `KATONIC_ENGINE`, `KATONIC_THREADS` and the `converted` folder in
 * `KATONIC_DATA_DIR` stand in for options that are not given.
 *
 * @param path of a model.json or an .onnx file; relative to the working directory, which is the package folder in serving.
 * @throws {KatonicError} `engine`, naming the file.
 */
export async function openModel(path: string, options: OpenOptions = {}): Promise<OpenModel> {
  const settled = settle(options, process.env);
  await checkFile(path);
  const model =
    extname(path).toLowerCase() === '.onnx' ? await openOnnx(path, settled) : await openTfjsModel(path, settled);
  const tracked: OpenModel = {
    ...model,
    dispose: async () => {
      if (open.delete(tracked)) await model.dispose();
    },
  };
  open.add(tracked);
  return tracked;
}

type Settled = OpenOptions & { readonly engine: NonNullable<OpenOptions['engine']> };

function settle(options: OpenOptions, env: NodeJS.ProcessEnv): Settled {
  const asked =
    options.engine === undefined || options.engine === 'auto' ? env.KATONIC_ENGINE || 'auto' : options.engine;
  if (!NAMES.includes(asked)) {
    throw engineError(
      `The engine must be one of ${NAMES.join(', ')}; "${asked}" came.`,
      'Correct KATONIC_ENGINE or the options of openModel.',
    );
  }
  const threads = options.threads ?? Number(env.KATONIC_THREADS || 1);
  if (!Number.isInteger(threads) || threads < 1) {
    throw engineError(
      `threads must be a whole number from 1; ${env.KATONIC_THREADS ?? threads} came.`,
      'Correct KATONIC_THREADS or the options of openModel.',
    );
  }
  const cacheDir = options.cacheDir ?? (env.KATONIC_DATA_DIR ? join(env.KATONIC_DATA_DIR, 'converted') : undefined);
  return { ...options, engine: asked as Settled['engine'], threads, ...(cacheDir === undefined ? {} : { cacheDir }) };
}

async function checkFile(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined)
    throw engineError(`There is no model file at ${path}.`, 'Check the path in launch.ts.', path);
  const extension = extname(path).toLowerCase();
  if (found.isFile() && (extension === '.onnx' || extension === '.json')) return;
  const came = found.isDirectory() ? 'a folder' : `a ${extension || 'nameless'} file`;
  throw engineError(
    `A model.json or an .onnx file was expected; ${path} is ${came}.`,
    'Give the file itself; other formats must be exported to ONNX or TensorFlow.js.',
    path,
  );
}

async function openOnnx(path: string, options: Settled): Promise<OpenModel> {
  if (options.engine !== 'auto' && options.engine !== 'onnx') {
    throw engineError(
      `An .onnx file runs on ONNX Runtime; the engine ${options.engine} was asked for.`,
      'Leave the engine to auto.',
      path,
    );
  }
  return onnx.open(path, options);
}

/** Converting is a subject of its own, loaded only for a TensorFlow.js model. */
async function openConverted(path: string, options: Settled): Promise<OpenModel | { readonly reason: string }> {
  const convert = await import('../convert/open.js');
  return convert.openConverted(path, options);
}

async function openTfjsModel(path: string, options: Settled): Promise<OpenModel> {
  const chosen = TFJS_ENGINES.find(({ name }) => name === options.engine);
  if (chosen !== undefined) return { ...(await chosen.open(path, options)), why: `${chosen.name} was asked for` };
  const reasons: string[] = [];
  if (options.engine !== 'tfjs') {
    const converted = await openConverted(path, options);
    if (!('reason' in converted)) return converted;
    if (options.engine === 'onnx') {
      throw engineError(
        `This model cannot run on ONNX Runtime: ${converted.reason}`,
        'Leave the engine to auto.',
        path,
      );
    }
    reasons.push(`not on ONNX Runtime: ${converted.reason.replace(/\.$/, '')}`);
  }
  for (const engine of TFJS_ENGINES) {
    const found = await engine.available();
    if (found.ok) {
      const model = await engine.open(path, options);
      const failure = engine === wasm ? await failureOf(model) : undefined;
      if (failure === undefined) return { ...model, why: [model.why, ...reasons].join('; ') };
      await model.dispose();
      reasons.push(`tfjs-wasm cannot run it (${failure})`);
    } else reasons.push(found.reason);
  }
  throw engineError(`No engine for TensorFlow.js models: ${reasons.join('; ')}.`, 'Install the package again.', path);
}

/** WebAssembly lacks some kernels of TensorFlow.js, which shows in the first run only: so that one is made here. */
async function failureOf(model: OpenModel): Promise<string | undefined> {
  const [input] = model.inputs;
  const shape = (input?.shape ?? []).map((side, axis) => (axis === 0 && side < 0 ? 1 : side));
  if (shape.some((side) => side < 0)) return undefined; // any picture's size may be wrong for a model that leaves it free
  const length = shape.reduce((product, side) => product * side, 1);
  try {
    await model.run(input?.dtype === 'int32' ? new Int32Array(length) : new Float32Array(length), shape);
    return undefined;
  } catch (error) {
    return firstLine(error instanceof KatonicError && error.cause !== undefined ? error.cause : error);
  }
}
