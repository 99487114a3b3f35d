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

const PREFIX = 8;
/** A header is a few hundred bytes, a stack at most some kilobytes: more means that the stream is not ours. */
const MAX_HEADER = 1 << 24;

/** Writes one frame with as few copies as the socket allows; `false` when the caller should wait for `drain`. */
export function writeFrame(channel: Duplex, header: unknown, body: Uint8Array = Buffer.alloc(0)): boolean {
  const head = Buffer.from(JSON.stringify(header), 'utf8');
  const start = Buffer.allocUnsafe(PREFIX + head.length);
  start.writeUInt32BE(head.length, 0);
  start.writeUInt32BE(body.length, 4);
  head.copy(start, PREFIX);
  channel.cork();
  channel.write(start);
  const more = body.length === 0 ? true : channel.write(body);
  channel.uncork();
  return more;
}

/**
 * Calls `onFrame` for each whole frame. Chunks are kept in a list and joined once per frame:
 * concatenating on every chunk costs quadratic time on large bodies. A stream that holds no frames
 * (user code can write into the channel) calls `onBroken` once and is read no further.
 */
export function readFrames<Header>(
  channel: Duplex,
  onFrame: (frame: Frame<Header>) => void,
  onBroken: (reason: string) => void,
): void {
  let chunks: Buffer[] = [];
  let held = 0;
  let wanted = PREFIX;
  let broken = false;
  channel.on('data', (chunk: Buffer) => {
    if (broken) return;
    chunks.push(chunk);
    held += chunk.length;
    while (held >= wanted) {
      const all = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, held);
      const headLength = all.readUInt32BE(0);
      const end = PREFIX + headLength + all.readUInt32BE(4);
      if (headLength > MAX_HEADER) {
        broken = true;
        onBroken(`a frame announces a header of ${headLength} bytes`);
        return;
      }
      if (held < end) {
        chunks = [all];
        wanted = end;
        return;
      }
      const header = parseHeader<Header>(all.subarray(PREFIX, PREFIX + headLength));
      if (header === undefined) {
        broken = true;
        onBroken('a frame header is not a JSON object');
        return;
      }
      const rest = all.subarray(end);
      chunks = rest.length === 0 ? [] : [rest];
      held = rest.length;
      wanted = PREFIX;
      onFrame({ header, body: all.subarray(PREFIX + headLength, end) });
    }
  });
}

function parseHeader<Header>(text: Buffer): Header | undefined {
  try {
    const header: unknown = JSON.parse(text.toString('utf8'));
    return typeof header === 'object' && header !== null ? (header as Header) : undefined;
  } catch {
    return undefined;
  }
}
