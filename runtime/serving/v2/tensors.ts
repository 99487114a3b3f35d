import { KatonicError } from '../../errors.js';

/** A tensor of the Open Inference Protocol, as far as a classifier of pictures uses them. */
export interface OutputTensor {
  readonly name: string;
  readonly datatype: 'BYTES' | 'INT64' | 'FP64';
  readonly shape: readonly number[];
  readonly data: readonly (string | number)[];
}

/** A whole request body: its JSON, and the bytes behind it where the binary extension is used. */
export interface InferBody {
  readonly json: unknown;
  readonly binary: Buffer;
}

/** Splits a body at `Inference-Header-Content-Length`; without that header all of it is JSON. */
export function splitBody(body: Buffer, headerLength: string | undefined): InferBody {
  const length = headerLength === undefined ? body.length : Number(headerLength);
  if (!Number.isInteger(length) || length < 0 || length > body.length) {
    throw invalid(
      ['header', 'inference-header-content-length'],
      `expected Inference-Header-Content-Length to be at most the body's ${body.length} bytes; "${headerLength}" came`,
    );
  }
  try {
    return { json: JSON.parse(body.toString('utf8', 0, length)) as unknown, binary: body.subarray(length) };
  } catch (thrown) {
    throw new KatonicError({
      code: 'not_json',
      message: `expected an inference request as JSON; ${length === 0 ? 'an empty body came' : (thrown as Error).message}`,
      where: { field: ['body'] },
    });
  }
}

/** Elements of a BYTES tensor on the wire: `[u32 length, little-endian][bytes]`, one after another. */
export function readBytes(buffer: Buffer, field: readonly (string | number)[]): Buffer[] {
  const elements: Buffer[] = [];
  for (let at = 0; at < buffer.length; ) {
    const length = at + 4 <= buffer.length ? buffer.readUInt32LE(at) : -1;
    if (length < 0 || at + 4 + length > buffer.length) {
      throw invalid(
        field,
        `expected whole BYTES elements, each behind its length; the data ends inside element ${elements.length}`,
      );
    }
    elements.push(buffer.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return elements;
}

/** The binary form of a tensor, little-endian. */
export function writeBinary({ datatype, data }: OutputTensor): Buffer {
  if (datatype === 'BYTES') {
    return Buffer.concat(
      data.flatMap((value) => {
        const text = Buffer.from(String(value), 'utf8');
        const length = Buffer.alloc(4);
        length.writeUInt32LE(text.length);
        return [length, text];
      }),
    );
  }
  const buffer = Buffer.alloc(8 * data.length);
  data.forEach((value, index) => {
    if (datatype === 'INT64') buffer.writeBigInt64LE(BigInt(value), 8 * index);
    else buffer.writeDoubleLE(Number(value), 8 * index);
  });
  return buffer;
}

export function invalid(field: readonly (string | number)[], message: string, remedy?: string): KatonicError {
  return new KatonicError({
    code: 'invalid_input',
    message,
    where: { field },
    ...(remedy === undefined ? {} : { remedy }),
  });
}
