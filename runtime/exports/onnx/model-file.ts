import { fromBinary } from '@bufbuild/protobuf';
import { type ModelProto, ModelProtoSchema, type TensorProto, TensorProto_DataLocation } from 'onnx-buf';
import { byContent } from '../foreign-formats.js';
import { count, listed, refuse } from '../refuse.js';
import { baseOf, type ExportSource, folderOf, inside } from '../source/source.js';

export interface OnnxFile {
  readonly file: string;
  readonly model: ModelProto;
  /** `graph` is there: it is checked when the file is read. */
  readonly graph: NonNullable<ModelProto['graph']>;
  readonly metadata: ReadonlyMap<string, string>;
  readonly initializers: ReadonlyMap<string, TensorProto>;
  /** The model and the files that hold its weights. */
  readonly files: readonly { readonly from: string; readonly to: string }[];
  /** `pytorch 2.4.0`, empty where it is not said. */
  readonly producer: string;
}

/** A protobuf message cannot be larger, and neither can a Buffer that one call reads. */
const maxBytes = 2 ** 31 - 1;

/** Domains whose operators ONNX Runtime's own package carries. Any other needs a library of code, which is not loaded. */
const builtIn = new Set(['', 'ai.onnx', 'ai.onnx.ml', 'com.microsoft', 'com.microsoft.nchwc', 'com.ms.internal.nhwc']);

/**
 * Reads an ONNX file without running it, and checks that it is whole: it decodes, its weights have their size, external
 * weights lie beside it, its operators are those that ONNX Runtime carries. Throws {@link KatonicError} `package`.
 */
export function readOnnx(source: ExportSource, file: string): Promise<OnnxFile> {
  const files = read.get(source) ?? new Map<string, Promise<OnnxFile>>();
  read.set(source, files);
  const known = files.get(file) ?? readOnce(source, file);
  files.set(file, known);
  return known;
}

/** Several readers look at one file, which can be hundreds of megabytes. */
const read = new WeakMap<ExportSource, Map<string, Promise<OnnxFile>>>();

async function readOnce(source: ExportSource, file: string): Promise<OnnxFile> {
  const size = await source.size(file);
  if (size > maxBytes) {
    throw refuse(
      `${file} is larger than 2 GB, which no ONNX file can be`,
      'Save it with its weights in a file of their own: onnx.save(model, path, save_as_external_data=True).',
      file,
    );
  }
  const model = decode(await source.bytes(file), file);
  const { graph } = model;
  if (graph === undefined || graph.node.length === 0 || graph.output.length === 0) {
    throw refuse(
      `${file} is no ONNX model: it holds no graph with nodes and outputs`,
      'Give --model a file that torch.onnx.export, tf2onnx, optimum or another exporter wrote.',
      file,
    );
  }
  checkOperators(model, file);
  const initializers = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
  const external = await checkWeights(source, file, graph.initializer);
  const inFolder = (each: string): string => (folderOf(file) === '' ? each : each.slice(folderOf(file).length + 1));
  return {
    file,
    model,
    graph,
    metadata: new Map(model.metadataProps.map(({ key, value }) => [key, value])),
    initializers,
    files: [file, ...external].map((each) => ({ from: source.absolute(each), to: inFolder(each) })),
    producer: [model.producerName, model.producerVersion].filter((part) => part !== '').join(' '),
  };
}

function decode(bytes: Buffer, file: string): ModelProto {
  try {
    return fromBinary(ModelProtoSchema, bytes);
  } catch (error) {
    const kind = byContent(bytes.subarray(0, 4_096), file);
    if (kind !== undefined) throw refuse(`${file} is ${kind.what}, whatever its name says`, kind.remedy, file, error);
    throw refuse(
      `${file} is no readable ONNX file: ${error instanceof Error ? error.message : String(error)}`,
      'The file is cut off, damaged or of another kind: export or download it again.',
      file,
      error,
    );
  }
}

function checkOperators(model: ModelProto, file: string): void {
  const own = new Set(model.functions.map((each) => each.domain));
  const foreign = model.graph!.node.filter((node) => !builtIn.has(node.domain) && !own.has(node.domain));
  if (foreign.length === 0) return;
  const ops = [...new Set(foreign.map((node) => `${node.domain}.${node.opType}`))];
  throw refuse(
    `${file} needs ${count(ops.length, 'operator')} of its own: ${listed(ops)}`,
    'A library of operators is code, and code that comes with a model is not loaded. Export with standard ONNX operators only.',
    file,
  );
}

/** Bytes of one value by `TensorProto.DataType`; types that are not listed are not checked. */
const widths: Readonly<Record<number, number>> = {
  1: 4,
  2: 1,
  3: 1,
  4: 2,
  5: 2,
  6: 4,
  7: 8,
  9: 1,
  10: 2,
  11: 8,
  12: 4,
  13: 8,
  16: 2,
};

async function checkWeights(source: ExportSource, file: string, tensors: readonly TensorProto[]): Promise<string[]> {
  const needed = new Map<string, number>();
  for (const tensor of tensors) {
    const width = widths[tensor.dataType];
    const expected =
      width === undefined ? undefined : tensor.dims.reduce((product, side) => product * Number(side), width);
    if (tensor.dataLocation === TensorProto_DataLocation.EXTERNAL) {
      const entries = new Map(tensor.externalData.map(({ key, value }) => [key, value]));
      const path = inside(entries.get('location') ?? '', file);
      const end = Number(entries.get('offset') ?? 0) + Number(entries.get('length') ?? expected ?? 0);
      needed.set(path, Math.max(needed.get(path) ?? 0, end));
    } else if (expected !== undefined && tensor.rawData.length > 0 && tensor.rawData.length !== expected) {
      throw refuse(
        `${file} is damaged: its weight ${tensor.name} takes ${expected} bytes and has ${tensor.rawData.length}`,
        'Export or download it again.',
        file,
      );
    }
  }
  for (const [path, bytes] of needed) {
    if (!source.has(path)) {
      throw refuse(
        `${file} keeps its weights in ${path}, which is not there`,
        `Put ${baseOf(path)} beside ${baseOf(file)}: both belong to the same export.`,
        path,
      );
    }
    const found = await source.size(path);
    if (found < bytes) {
      throw refuse(
        `${path} has ${found} bytes, ${file} needs ${bytes} of it`,
        'The file is cut off: download or export it again.',
        path,
      );
    }
  }
  return [...needed.keys()];
}
