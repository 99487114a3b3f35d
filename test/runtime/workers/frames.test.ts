import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Frame, FrameReader, writeFrame } from '../../../runtime/workers/frames.js';

function collect(): { channel: PassThrough; frames: Frame[]; broken: string[] } {
  const channel = new PassThrough();
  const frames: Frame[] = [];
  const broken: string[] = [];
  const reader = new FrameReader(
    (frame) => frames.push(frame),
    (reason) => broken.push(reason),
  );
  // As a socket with a buffer of its own does: what was pushed is overwritten right after.
  channel.on('data', (chunk: Buffer) => {
    const reused = Buffer.from(chunk);
    reader.push(reused);
    reused.fill(0xee);
  });
  return { channel, frames, broken };
}

const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

function encode(frames: readonly { header: unknown; body: Uint8Array }[]): Buffer {
  const channel = new PassThrough();
  for (const { header, body } of frames) writeFrame(channel, header, body);
  return (channel.read() as Buffer | null) ?? Buffer.alloc(0);
}

describe('frames', () => {
  it('come out as they went in, however the bytes are cut', async () => {
    const frame = fc.record({
      header: fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.boolean())),
      body: fc.uint8Array({ maxLength: 300 }),
    });
    const cuts = fc.array(fc.integer({ min: 1, max: 64 }), { minLength: 1, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(fc.array(frame, { maxLength: 6 }), cuts, async (sent, sizes) => {
        const bytes = encode(sent);
        const { channel, frames, broken } = collect();
        for (let at = 0, i = 0; at < bytes.length; i++) {
          const size = sizes[i % sizes.length] as number;
          channel.write(bytes.subarray(at, at + size));
          at += size;
        }
        await settle();
        expect(broken).toEqual([]);
        expect(frames.map(({ header, body }) => ({ header, body: [...body] }))).toEqual(
          sent.map(({ header, body }) => ({ header: JSON.parse(JSON.stringify(header)), body: [...body] })),
        );
      }),
      { numRuns: 100 },
    );
  });

  it('are the same from a body in one piece and in many', async () => {
    const pieces = [Buffer.from('one '), Buffer.alloc(0), Buffer.from('two')];
    const { channel, frames } = collect();
    writeFrame(channel, { id: 1 }, pieces);
    writeFrame(channel, { id: 2 }, Buffer.concat(pieces));
    writeFrame(channel, { id: 3 });
    await settle();
    expect(frames.map(({ body }) => body.toString())).toEqual(['one two', 'one two', '']);
  });

  it('take time in proportion to the size, also in small pieces', async () => {
    const { channel, frames } = collect();
    const bytes = encode([{ header: { id: 1 }, body: new Uint8Array(32 * 1024 * 1024) }]);
    const start = performance.now();
    for (let at = 0; at < bytes.length; at += 65_536) channel.write(bytes.subarray(at, at + 65_536));
    await settle();
    expect(frames).toHaveLength(1);
    // Joining on every chunk would copy 8 GB here: seconds, not milliseconds.
    expect(performance.now() - start).toBeLessThan(1500);
  });

  it.each([
    ['text that is no frame', Buffer.from('hello, this is not a frame at all')],
    ['a header that is no JSON', Buffer.concat([Buffer.from([0, 0, 0, 3, 0, 0, 0, 0]), Buffer.from('{{{')])],
    ['a body of four gigabytes', Buffer.from([0, 0, 0, 2, 255, 255, 255, 255, 0x7b, 0x7d])],
    ['a header that is no object', Buffer.concat([Buffer.from([0, 0, 0, 1, 0, 0, 0, 0]), Buffer.from('7')])],
  ])('are given up once for %s', async (_name, bytes) => {
    const { channel, frames, broken } = collect();
    channel.write(bytes);
    channel.write(encode([{ header: { id: 1 }, body: new Uint8Array(0) }]));
    await settle();
    expect(frames).toEqual([]);
    expect(broken).toHaveLength(1);
  });
});
