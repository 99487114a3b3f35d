import type { Duplex } from 'node:stream';

/**
 * The wire between a front process (ours, or Python's launch.py) and a child that holds a launch module:
 * `[u32 header length][u32 body length][header: JSON, UTF-8][body: bytes]`, both lengths big-endian.
 * Bytes stay bytes: a picture is never base64 here, and a JSON answer travels as the text it already is.
 */
export interface Frame<Header = unknown> {
  readonly header: Header;
  readonly body: Buffer;
}

/** The body of a frame, in one piece or in the pieces in which it came. */
export type Body = Uint8Array | readonly Uint8Array[];

/** A body in one piece; only bodies in several are copied. */
export function whole(body: Body): Buffer {
  const pieces = piecesOf(body);
  const [first] = pieces;
  if (first === undefined || pieces.length > 1) return Buffer.concat(pieces);
  return Buffer.from(first.buffer, first.byteOffset, first.byteLength);
}

/** Bytes. */
export function sizeOf(body: Body): number {
  return piecesOf(body).reduce((sum, { length }) => sum + length, 0);
}

function piecesOf(body: Body): readonly Uint8Array[] {
  return ArrayBuffer.isView(body) ? [body] : body;
}

const PREFIX = 8;
/** A header is a few hundred bytes, a stack at most some kilobytes: more means that the stream is not ours. */
const MAX_HEADER = 1 << 24;
const MAX_BODY = 2 ** 30;
const EMPTY = Buffer.alloc(0);

/** Writes one frame as it lies in memory: a body in several pieces is not joined. `false` when the caller should wait for `drain`. */
export function writeFrame(channel: Duplex, header: unknown, body: Body = []): boolean {
  const head = Buffer.from(JSON.stringify(header), 'utf8');
  const start = Buffer.allocUnsafe(PREFIX + head.length);
  start.writeUInt32BE(head.length, 0);
  start.writeUInt32BE(sizeOf(body), 4);
  head.copy(start, PREFIX);
  channel.cork();
  let more = channel.write(start);
  for (const piece of piecesOf(body)) if (piece.length > 0) more = channel.write(piece);
  channel.uncork();
  return more;
}

/**
 * Takes bytes in pieces of any size and calls `onFrame` for each whole frame. Every byte is copied once, into a buffer of
 * its announced size: the pieces may be views of memory that is used again. A stream that holds no frames (user code can
 * write into the channel) calls `onBroken` once and is read no further.
 */
export class FrameReader<Header> {
  readonly #prefix = Buffer.alloc(PREFIX);
  #header: Buffer = EMPTY;
  #body: Buffer = EMPTY;
  /** Bytes of the current frame so far. */
  #held = 0;
  #broken = false;

  constructor(
    private readonly onFrame: (frame: Frame<Header>) => void,
    private readonly onBroken: (reason: string) => void,
  ) {}

  push(chunk: Buffer): void {
    for (let at = 0; at < chunk.length && !this.#broken; ) at += this.#take(chunk, at);
  }

  /** Copies what belongs to the part being filled; gives how many bytes that was. */
  #take(chunk: Buffer, at: number): number {
    const [part, start] = this.#part();
    const count = chunk.copy(part, this.#held - start, at);
    this.#held += count;
    if (this.#held === PREFIX && part === this.#prefix) this.#begin();
    if (!this.#broken && this.#held === this.#end && this.#held >= PREFIX) this.#finish();
    return count;
  }

  #part(): [Buffer, number] {
    if (this.#held < PREFIX) return [this.#prefix, 0];
    const bodyStart = PREFIX + this.#header.length;
    return this.#held < bodyStart ? [this.#header, PREFIX] : [this.#body, bodyStart];
  }

  get #end(): number {
    return PREFIX + this.#header.length + this.#body.length;
  }

  #begin(): void {
    const [header, body] = [this.#prefix.readUInt32BE(0), this.#prefix.readUInt32BE(4)];
    if (header > MAX_HEADER || body > MAX_BODY) {
      this.#give(`a frame announces a header of ${header} bytes and a body of ${body}`);
      return;
    }
    this.#header = Buffer.allocUnsafe(header);
    this.#body = body === 0 ? EMPTY : Buffer.allocUnsafeSlow(body);
  }

  #finish(): void {
    const [header, body] = [parseHeader<Header>(this.#header), this.#body];
    this.#header = EMPTY;
    this.#body = EMPTY;
    this.#held = 0;
    if (header === undefined) this.#give('a frame header is not a JSON object');
    else this.onFrame({ header, body });
  }

  #give(reason: string): void {
    this.#broken = true;
    this.onBroken(reason);
  }
}

function parseHeader<Header>(text: Buffer): Header | undefined {
  try {
    const header: unknown = JSON.parse(text.toString('utf8'));
    return typeof header === 'object' && header !== null ? (header as Header) : undefined;
  } catch {
    return undefined;
  }
}
