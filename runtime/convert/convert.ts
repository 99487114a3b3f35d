import { emit } from './emit.js';
import { fold } from './fold.js';
import type { Graph } from './graph.js';
import { layersGraph } from './layers/model.js';
import { operationsGraph } from './ops/model.js';
import { decodeModel, readModelFiles, type TfjsModel } from './read/model.js';
import { CONVERTER_VERSION } from './version.js';

export interface ConversionReport {
  readonly format: TfjsModel['format'];
  /** ONNX operator to how often it stands in the graph. */
  readonly operators: Readonly<Record<string, number>>;
  /** Numbers in the weights. */
  readonly parameters: number;
  readonly bytes: number;
  /** Where TensorFlow.js itself does not do what the exported model says. */
  readonly notes: readonly string[];
}

export interface Conversion {
  /** An ONNX file: opset 18, input as in TensorFlow.js (NHWC). */
  readonly bytes: Uint8Array;
  readonly report: ConversionReport;
}

/**
 * Converts a TensorFlow.js model (layers or graph format) to ONNX. Whether it gives the same answers is for
 * `self-check.ts` to say.
 * @param path its model.json; the weights lie beside it.
 * @throws Unsupported when an operator has no counterpart, KatonicError `package` when the files are not whole.
 */
export async function convert(path: string): Promise<Conversion> {
  return convertModel(decodeModel(await readModelFiles(path)));
}

/** As {@link convert}, of a model in memory. */
export function convertModel(model: TfjsModel): Conversion {
  const { graph, notes } = convertedGraph(model);
  const bytes = emit(graph, CONVERTER_VERSION);
  return { bytes, report: { ...summary(graph), format: model.format, bytes: bytes.length, notes } };
}

/** The folded graph, for tests and for `emit`. */
export function convertedGraph(model: TfjsModel): { graph: Graph; notes: readonly string[] } {
  const { graph, notes } = model.format === 'graph-model' ? operationsGraph(model) : layersGraph(model);
  return { graph: fold(graph), notes };
}

function summary(graph: Graph): Pick<ConversionReport, 'operators' | 'parameters'> {
  const operators: Record<string, number> = {};
  for (const { op } of graph.nodes) operators[op] = (operators[op] ?? 0) + 1;
  let parameters = 0;
  for (const constant of graph.constants.values()) if (constant.dtype === 'float32') parameters += constant.data.length;
  return { operators, parameters };
}
