import type { KatonicPackage } from '../../launch/package.js';
import type { InferRequest } from './request.js';
import { invalid, type OutputTensor, writeBinary } from './tensors.js';

/**
 * The outputs of a package, as its metadata says them. A classifier has the fields of a `Classification` beside `answer`;
 * {@link outputTensors} leaves them out where its `predict` answers in another form.
 */
export function outputsOf({ modelType, labels }: Pick<KatonicPackage, 'modelType' | 'labels'>) {
  const outputs: Pick<OutputTensor, 'name' | 'datatype'>[] = [{ name: 'answer', datatype: 'BYTES' }];
  if (modelType === 'others') return outputs;
  const codes = labels.codes.every((code) => typeof code === 'number');
  return outputs.concat([
    { name: 'predicted_label', datatype: codes ? 'INT64' : 'BYTES' },
    { name: 'predicted_class', datatype: 'BYTES' },
    { name: 'confidence', datatype: 'FP64' },
  ]);
}

/** The answers as tensors. `answer` is always there: the JSON text of each, as `predict` gives it. */
export function outputTensors(answers: readonly Buffer[]): OutputTensor[] {
  const shape = [answers.length];
  const texts = answers.map((answer) => answer.toString('utf8'));
  const tensors: OutputTensor[] = [{ name: 'answer', datatype: 'BYTES', shape, data: texts }];
  const values = texts.map((text) => JSON.parse(text) as Record<string, unknown> | null);
  const column = (key: string) => values.map((value) => (typeof value === 'object' ? value?.[key] : undefined));

  // Beside it the fields of a Classification, where every answer has them.
  const labels = column('predicted_label');
  if (labels.every((label) => Number.isSafeInteger(label))) {
    tensors.push({ name: 'predicted_label', datatype: 'INT64', shape, data: labels as number[] });
  } else if (labels.every((label) => typeof label === 'string')) {
    tensors.push({ name: 'predicted_label', datatype: 'BYTES', shape, data: labels as string[] });
  }
  const classes = column('predicted_class');
  if (classes.every((name) => typeof name === 'string')) {
    tensors.push({ name: 'predicted_class', datatype: 'BYTES', shape, data: classes as string[] });
  }
  const confidence = column('confidence');
  if (confidence.every((value) => typeof value === 'number')) {
    tensors.push({ name: 'confidence', datatype: 'FP64', shape, data: confidence as number[] });
  }
  return tensors;
}

export interface Encoded {
  readonly body: Buffer;
  /** Of the JSON part; present when binary tensors follow it. */
  readonly headerLength?: number;
}

/** The response body, in JSON or with the tensors asked for in binary behind it. */
export function encodeResponse(
  head: { readonly model_name: string; readonly model_version: string; readonly id: string },
  tensors: readonly OutputTensor[],
  request: InferRequest,
): Encoded {
  const chosen = chosenOutputs(tensors, request);
  const binaries: Buffer[] = [];
  const outputs = chosen.map(({ tensor, binary }) => {
    const { name, datatype, shape, data } = tensor;
    if (!binary) return { name, datatype, shape, data };
    const bytes = writeBinary(tensor);
    binaries.push(bytes);
    return { name, datatype, shape, parameters: { binary_data_size: bytes.length } };
  });
  const json = Buffer.from(JSON.stringify({ ...head, outputs }), 'utf8');
  if (binaries.length === 0) return { body: json };
  return { body: Buffer.concat([json, ...binaries]), headerLength: json.length };
}

function chosenOutputs(tensors: readonly OutputTensor[], request: InferRequest) {
  if (request.outputs === undefined) return tensors.map((tensor) => ({ tensor, binary: request.binary }));
  return request.outputs.map(({ name, binary }, index) => {
    const tensor = tensors.find((candidate) => candidate.name === name);
    if (tensor !== undefined) return { tensor, binary };
    const there = tensors.map((candidate) => candidate.name).join(', ');
    throw invalid(['body', 'outputs', index, 'name'], `expected one of the outputs ${there}; "${name}" came`);
  });
}
