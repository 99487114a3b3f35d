import { type InferBody, invalid, readBytes } from './tensors.js';

/** One inference request, checked: pictures in, and how the caller wants the answers. */
export interface InferRequest {
  readonly id: string | undefined;
  /** What the pool takes, one for each picture. */
  readonly pictures: readonly { readonly content: 'json' | 'bytes'; readonly body: Buffer }[];
  /** The outputs asked for by name; undefined means every one. */
  readonly outputs: readonly { readonly name: string; readonly binary: boolean }[] | undefined;
  /** For outputs that are not named. */
  readonly binary: boolean;
}

interface Parameters {
  readonly binary_data_size?: unknown;
  readonly binary_data?: unknown;
  readonly binary_data_output?: unknown;
}

interface Tensor {
  readonly name?: unknown;
  readonly datatype?: unknown;
  readonly shape?: unknown;
  readonly data?: unknown;
  readonly parameters?: Parameters;
}

/** The one input every package has: a picture, or where it is. */
export const INPUT = 'data';
const PRINTABLE_PREFIX = 1024;

/** Throws KatonicError `invalid_input` naming the field. `most` bounds the pictures of one request. */
export function inferRequest({ json, binary }: InferBody, most: number): InferRequest {
  if (!isObject(json)) throw invalid(['body'], 'expected an inference request: a JSON object with "inputs"');
  const { id, inputs, outputs, parameters } = json as Record<string, unknown>;
  if (!Array.isArray(inputs) || inputs.length !== 1 || !isObject(inputs[0])) {
    const came = Array.isArray(inputs) ? `${inputs.length} came` : 'none came';
    throw invalid(['body', 'inputs'], `expected one input tensor, "${INPUT}"; ${came}`);
  }
  const elements = elementsOf(inputs[0] as Tensor, binary);
  if (elements.length > most) {
    throw invalid(
      ['body', 'inputs', 0, 'shape'],
      `expected at most ${most} pictures in one request; ${elements.length} came`,
    );
  }
  return {
    id: typeof id === 'string' ? id : undefined,
    pictures: elements.map(toSent),
    outputs: outputsOf(outputs),
    binary: isObject(parameters) && (parameters as Parameters).binary_data_output === true,
  };
}

function elementsOf(tensor: Tensor, binary: Buffer): (string | Buffer)[] {
  const at = ['body', 'inputs', 0];
  if (tensor.name !== INPUT)
    throw invalid([...at, 'name'], `expected the input "${INPUT}"; "${String(tensor.name)}" came`);
  if (tensor.datatype !== 'BYTES') {
    throw invalid(
      [...at, 'datatype'],
      `expected datatype BYTES; ${String(tensor.datatype)} came`,
      'Send each picture as one element: its bytes, a URL, a data URI or base64 text. It is decoded and resized here.',
    );
  }
  const elements = dataOf(tensor, binary, at);
  const { shape } = tensor;
  if (!Array.isArray(shape) || !shape.every((side) => Number.isInteger(side) && (side as number) >= 0)) {
    throw invalid([...at, 'shape'], 'expected a shape such as [1]');
  }
  const count = (shape as number[]).reduce((product, side) => product * side, 1);
  if (count !== elements.length) {
    throw invalid([...at, 'shape'], `expected as many elements as the shape says, ${count}; ${elements.length} came`);
  }
  return elements;
}

function dataOf({ data, parameters }: Tensor, binary: Buffer, at: readonly (string | number)[]): (string | Buffer)[] {
  const size = parameters?.binary_data_size;
  if (size !== undefined) {
    if (size !== binary.length) {
      throw invalid(
        [...at, 'parameters', 'binary_data_size'],
        `expected ${String(size)} bytes behind the JSON; ${binary.length} came`,
      );
    }
    return readBytes(binary, at);
  }
  const flat = Array.isArray(data) ? (data.flat(8) as unknown[]) : [];
  if (!Array.isArray(data) || !flat.every((element) => typeof element === 'string')) {
    throw invalid([...at, 'data'], 'expected a list of texts: URLs, data URIs or base64');
  }
  return flat as string[];
}

/** Text says where the picture is; anything that is not text is the picture. */
function toSent(element: string | Buffer): InferRequest['pictures'][number] {
  if (typeof element !== 'string' && !isText(element)) return { content: 'bytes', body: element };
  return { content: 'json', body: Buffer.from(JSON.stringify({ [INPUT]: element.toString() })) };
}

function isText(bytes: Buffer): boolean {
  return bytes.subarray(0, PRINTABLE_PREFIX).every((byte) => byte >= 0x20 && byte < 0x7f);
}

function outputsOf(outputs: unknown): InferRequest['outputs'] {
  if (outputs === undefined || (Array.isArray(outputs) && outputs.length === 0)) return undefined;
  if (!Array.isArray(outputs)) throw invalid(['body', 'outputs'], 'expected "outputs" to be a list');
  return outputs.map((output: unknown, index) => {
    const { name, parameters } = (isObject(output) ? output : {}) as Tensor;
    if (typeof name !== 'string') throw invalid(['body', 'outputs', index, 'name'], 'expected the name of an output');
    return { name, binary: parameters?.binary_data === true };
  });
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
