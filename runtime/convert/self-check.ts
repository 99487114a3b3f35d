import type { Engine, OpenModel, Output } from '../engines/engine.js';
import { KatonicError } from '../errors.js';
import type { ConversionReport } from './convert.js';

export interface SelfCheck {
  readonly ok: boolean;
  /** What differs, when `ok` is false. */
  readonly reason?: string;
  /** For example `tfjs-node 4.22.0 (CPU)`. */
  readonly reference: string;
  /** The largest absolute difference over all outputs. */
  readonly difference: number;
  /** What was allowed: see {@link toleranceOf}. */
  readonly tolerance: number;
}

export interface Input {
  readonly data: Float32Array | Int32Array;
  readonly shape: number[];
}

/** Layers after which the order of float additions shows. */
const DEEP = 50;
/** What single precision leaves of any sum, at least. */
const ROUNDING = 1e-6;
/** Pixels of a free height or width. */
const FREE_SIDE = 224;

/**
 * Opens the model in the best TensorFlow.js engine here that answers `input`: WebAssembly, for one, opens models that it
 * then cannot run. Loading it costs what the converted model spares afterwards.
 * @throws KatonicError `engine` where there is none, as in an upload that left it out; else what the best one failed with.
 */
export async function openReference(path: string, input: Input, engines?: readonly Engine[]): Promise<OpenModel> {
  let failure: unknown;
  for (const engine of engines ?? (await tfjsEngines())) {
    if (!(await engine.available()).ok) continue;
    try {
      return await answering(await engine.open(path, { threads: 1 }), input);
    } catch (error) {
      failure ??= error;
    }
  }
  throw (
    failure ??
    new KatonicError({
      code: 'engine',
      message: 'a converted model is compared with TensorFlow.js once, and that is not installed here',
      remedy:
        'Package the model again where TensorFlow.js is installed: the verdict then travels with it (model.converted.json).',
    })
  );
}

async function tfjsEngines(): Promise<Engine[]> {
  const [{ tfjsNode }, { wasm }, { cpu }] = await Promise.all([
    import('../engines/tfjs-node.js'),
    import('../engines/tfjs-wasm.js'),
    import('../engines/tfjs-cpu.js'),
  ]);
  return [tfjsNode, wasm, cpu];
}

async function answering(model: OpenModel, { data, shape }: Input): Promise<OpenModel> {
  try {
    await model.runAll(data, shape);
    return model;
  } catch (error) {
    await model.dispose();
    throw error;
  }
}

/**
 * Runs the same random pictures through both models: one with values between -1 and 1, one between 0 and 255, together
 * as a batch where the batch is free. Equal means: every number within the tolerance, and the same top-1.
 */
export async function selfCheck(
  reference: OpenModel,
  converted: OpenModel,
  report: ConversionReport,
): Promise<SelfCheck> {
  const { data, shape } = randomInput(converted);
  const expected = await reference.runAll(data, shape);
  const actual = await converted.runAll(data, shape);
  const difference = Math.max(...expected.map((output, i) => largestDifference(output, actual[i])));
  const tolerance = toleranceOf(report, expected);
  const reason = mismatch(expected, actual, difference, tolerance);
  return {
    ok: reason === undefined,
    reference: reference.engine,
    difference,
    tolerance,
    ...(reason === undefined ? {} : { reason }),
  };
}

/**
 * 1e-4, or 1e-3 after more than 50 convolutions and matrix products; relative to the largest output where that exceeds 1.
 * Never more than a hundredth of what the outputs differ among themselves: a model that says almost the same for
 * everything would else be equal to any other that does.
 */
export function toleranceOf({ operators }: ConversionReport, expected: readonly Output[]): number {
  const layers = ['Conv', 'ConvTranspose', 'Gemm', 'MatMul'].reduce((sum, op) => sum + (operators[op] ?? 0), 0);
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { data } of expected) {
    for (const value of data) {
      least = Math.min(least, Number(value));
      most = Math.max(most, Number(value));
    }
  }
  const scale = Math.max(1, Math.abs(least), Math.abs(most));
  return Math.max(ROUNDING * scale, Math.min((layers > DEEP ? 1e-3 : 1e-4) * scale, (most - least) / 100));
}

/** Values in the range of pictures, as the model takes them. */
export function randomInput(model: OpenModel, pictures = 2): Input {
  const [input] = model.inputs;
  const declared = input?.shape ?? [];
  const batch = declared[0] === -1 ? pictures : (declared[0] ?? 1);
  const shape = declared.map((side, axis) => (axis === 0 ? batch : side === -1 ? FREE_SIDE : side));
  const length = shape.reduce((product, side) => product * side, 1);
  const pixels = () => Math.floor(Math.random() * 256);
  if (input?.dtype === 'int32') return { data: Int32Array.from({ length }, pixels), shape };
  const half = batch > 1 ? length / 2 : length;
  return { data: Float32Array.from({ length }, (_, i) => (i < half ? Math.random() * 2 - 1 : pixels())), shape };
}

function mismatch(
  expected: readonly Output[],
  actual: readonly Output[],
  difference: number,
  tolerance: number,
): string | undefined {
  if (expected.length !== actual.length)
    return `it has ${actual.length} outputs where TensorFlow.js has ${expected.length}`;
  const shapes = expected.findIndex((output, i) => output.shape.join() !== actual[i]!.shape.join());
  if (shapes !== -1)
    return `output ${shapes} has the shape [${actual[shapes]!.shape.join(', ')}], TensorFlow.js gives [${expected[shapes]!.shape.join(', ')}]`;
  // A NaN or an overflow, also one of TensorFlow.js itself, proves nothing: such a model is never taken for checked.
  if (!Number.isFinite(difference) || difference > tolerance)
    return `its answers differ by ${difference.toExponential(1)}, allowed are ${tolerance.toExponential(1)}`;
  const top = expected.findIndex((output, i) => !sameTop(output, actual[i]!, tolerance));
  if (top !== -1) return `output ${top} puts another class first`;
  return undefined;
}

/** NaN when a single difference is one. */
function largestDifference(expected: Output, actual: Output | undefined): number {
  if (actual === undefined || actual.data.length !== expected.data.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let i = 0; i < expected.data.length; i++) {
    const difference = Math.abs(Number(expected.data[i]) - Number(actual.data[i]));
    // Once NaN, Math.max stays NaN.
    largest = Math.max(largest, difference);
  }
  return largest;
}

/** Whether each row has its maximum at the same place, or so close to another that the difference decides. */
function sameTop(expected: Output, actual: Output, tolerance: number): boolean {
  const width = expected.shape.at(-1) ?? 1;
  for (let row = 0; row < expected.data.length; row += width) {
    const best = (data: Output['data']) => {
      let at = row;
      for (let i = row; i < row + width; i++) if (Number(data[i]) > Number(data[at])) at = i;
      return at;
    };
    const wanted = best(expected.data);
    const found = best(actual.data);
    if (wanted !== found && Number(expected.data[wanted]) - Number(expected.data[found]) > 2 * tolerance) return false;
  }
  return true;
}
