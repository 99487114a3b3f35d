import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import * as tf from '@tensorflow/tfjs';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { expect } from 'vitest';
import { type Conversion, convertedGraph, convertModel } from '../../../runtime/convert/convert.js';
import type { TfjsModel } from '../../../runtime/convert/read/model.js';
import { decodeWeights, type WeightSpec } from '../../../runtime/convert/read/weights.js';

/** TensorFlow.js itself, on its plain JavaScript backend, is what every conversion is measured against. */
tf.enableProdMode();
await tf.setBackend('cpu');

export { tf };

/** More runs of every property, for a longer hunt: KATONIC_FUZZ_RUNS=500. */
export const runs = (few: number): { numRuns: number } => ({ numRuns: Number(process.env.KATONIC_FUZZ_RUNS ?? few) });

export interface Answer {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** What `model.save` would write, read by our reader. */
export async function modelOf(model: tf.LayersModel): Promise<TfjsModel> {
  let artifacts: tf.io.ModelArtifacts | undefined;
  await model.save(
    tf.io.withSaveHandler(async (saved) => {
      artifacts = saved;
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
    }),
  );
  const bytes = new Uint8Array(artifacts!.weightData as ArrayBuffer);
  return {
    format: 'layers-model',
    topology: JSON.parse(JSON.stringify(artifacts!.modelTopology)),
    weights: decodeWeights(bytes, artifacts!.weightSpecs as WeightSpec[], 'memory'),
  };
}

/** Weights in which every element matters: initial ones are zeros and ones for biases and moments. */
export function randomiseWeights(model: tf.LayersModel): void {
  model.setWeights(
    model.weights.map((weight) => {
      const positive = /variance|gamma/.test(weight.name);
      const shape = weight.shape as number[];
      return positive ? tf.randomUniform(shape, 0.5, 1.5) : tf.randomUniform(shape, -0.5, 0.5);
    }),
  );
}

export function operatorsOf(model: TfjsModel): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { op } of convertedGraph(model).graph.nodes) counts[op] = (counts[op] ?? 0) + 1;
  return counts;
}

let kept = 0;

/** Runs the converted model. With KATONIC_KEEP_ONNX=folder it stays there, for check_onnx.py. */
export async function runOnnx({ bytes }: Pick<Conversion, 'bytes'>, x: tf.Tensor): Promise<Answer[]> {
  const folder = process.env.KATONIC_KEEP_ONNX;
  if (folder !== undefined) await writeFile(join(folder, `${process.pid}-${kept++}.onnx`), bytes);
  const session = await InferenceSession.create(bytes, { intraOpNumThreads: 1, interOpNumThreads: 1 });
  try {
    const data = x.dtype === 'int32' ? (x.dataSync() as Int32Array) : (x.dataSync() as Float32Array);
    const feed = new Tensor(x.dtype as 'float32', data as Float32Array, x.shape);
    const results = await session.run({ [session.inputNames[0]!]: feed });
    return session.outputNames.map((name) => ({
      shape: results[name]!.dims,
      data: Float32Array.from(results[name]!.data as Float32Array, Number),
    }));
  } finally {
    await session.release();
  }
}

/** Converts the layers model and checks that it answers like TensorFlow.js. */
export async function expectSame(model: tf.LayersModel, x: tf.Tensor, tolerance = 1e-4): Promise<void> {
  const actual = await runOnnx(convertModel(await modelOf(model)), x);
  expectAnswers(actual, answersOf(model.predict(x)), tolerance);
}

export function answersOf(result: tf.Tensor | tf.Tensor[] | tf.NamedTensorMap): Answer[] {
  const list = result instanceof tf.Tensor ? [result] : Array.isArray(result) ? result : Object.values(result);
  return list.map((tensor) => ({ shape: tensor.shape, data: Float32Array.from(tensor.dataSync()) }));
}

/** Within `tolerance` absolutely, or relative to the largest answer where that exceeds 1 (logits of random weights). */
export function expectAnswers(actual: readonly Answer[], expected: readonly Answer[], tolerance = 1e-4): void {
  expect(actual.map((answer) => answer.shape)).toEqual(expected.map((answer) => answer.shape));
  for (const [i, { data }] of expected.entries()) {
    let [worst, scale] = [0, 1];
    for (let k = 0; k < data.length; k++) {
      // Once NaN, Math.max stays NaN, which is within no tolerance.
      worst = Math.max(worst, Math.abs(data[k]! - actual[i]!.data[k]!));
      scale = Math.max(scale, Math.abs(data[k]!));
    }
    // An infinite answer would make everything relative to it right.
    expect(worst).toBeLessThanOrEqual(tolerance * (Number.isFinite(scale) ? scale : 1));
  }
}

/** The place of the largest answer in each row. */
export function topsOf({ shape, data }: Answer): number[] {
  const classes = shape.at(-1)!;
  return Array.from({ length: data.length / classes }, (_, row) => {
    const answers = data.slice(row * classes, (row + 1) * classes);
    return answers.indexOf(Math.max(...answers));
  });
}

/** A functional model of one input. */
export function modelFrom(
  inputShape: (number | null)[],
  make: (x: tf.SymbolicTensor) => tf.SymbolicTensor | tf.SymbolicTensor[],
): tf.LayersModel {
  const input = tf.input({ shape: inputShape });
  const model = tf.model({ inputs: input, outputs: make(input) });
  randomiseWeights(model);
  return model;
}

export function picture(shape: number[]): tf.Tensor {
  return tf.randomUniform(shape, -1, 1);
}
