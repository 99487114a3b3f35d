import { create, toBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema, TypeProto_TensorSchema, TypeProtoSchema, ValueInfoProtoSchema } from 'onnx-buf';
import { refuse } from '../refuse.js';
import type { OnnxFile } from './model-file.js';

export interface SingleOutput {
  readonly name: string;
  /** Class names that a ZipMap carries, in the order of the scores. */
  readonly classNames: readonly string[] | undefined;
  /** The graph that has this output alone, encoded; absent where the file has it already. */
  readonly rewritten: (() => Uint8Array) | undefined;
}

/**
 * Converters of scikit-learn and Custom Vision give a label and the scores, and wrap the scores in maps (ZipMap), which
 * ONNX Runtime cannot hand to JavaScript. Where the graph has more than the scores, a copy can be written that ends in
 * the scores as a tensor: nodes and weights stay as they are, the ZipMap and the other outputs are left out.
 */
export function singleOutput(onnx: OnnxFile, output: string): SingleOutput {
  const { graph } = onnx;
  const zipMap = graph.node.find((node) => node.opType === 'ZipMap' && node.output.includes(output));
  if (zipMap === undefined && graph.output.length === 1)
    return { name: output, classNames: undefined, rewritten: undefined };
  const kept = zipMap === undefined ? graph.output.find((each) => each.name === output) : undefined;
  if (zipMap === undefined && kept?.type?.value.case !== 'tensorType') {
    throw refuse(
      `the output ${output} of ${onnx.file} is not a tensor`,
      'Export the scores as a tensor: options={id(model): {"zipmap": False}} for skl2onnx.',
      onnx.file,
    );
  }
  const name = zipMap?.input[0] ?? output;
  const type = create(TypeProtoSchema, {
    value: { case: 'tensorType', value: create(TypeProto_TensorSchema, { elemType: 1 }) },
  });
  const rewritten = (): Uint8Array =>
    toBinary(ModelProtoSchema, {
      ...onnx.model,
      graph: {
        ...graph,
        node: graph.node.filter((node) => node !== zipMap),
        output: [kept ?? create(ValueInfoProtoSchema, { name, type })],
      },
    });
  const strings = zipMap?.attribute.find((each) => each.name === 'classlabels_strings')?.strings;
  return { name, classNames: strings?.map((bytes) => Buffer.from(bytes).toString('utf8')), rewritten };
}
