import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_LOG_CHARACTERS } from '../../../runtime/workers/channel-logger.js';
import { readLines } from '../../../runtime/workers/output.js';

async function linesOf(chunks: readonly Uint8Array[]): Promise<string[]> {
  const stream = new PassThrough();
  const lines: string[] = [];
  readLines(stream, (line) => lines.push(line));
  for (const chunk of chunks) stream.write(chunk);
  stream.end();
  await new Promise<void>((resolve) => stream.once('end', () => setImmediate(resolve)));
  return lines;
}

describe('readLines', () => {
  it('gives the lines, however the bytes are cut', async () => {
    const text = fc.array(fc.string({ unit: 'grapheme' }).map((line) => line.replaceAll(/[\r\n\u2028\u2029]/g, '')));
    await fc.assert(
      fc.asyncProperty(text, fc.integer({ min: 1, max: 9 }), async (lines, size) => {
        const bytes = Buffer.from(lines.join('\n'));
        const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
          bytes.subarray(i * size, (i + 1) * size),
        );
        expect(await linesOf(chunks)).toEqual(lines.filter((line) => line.trim() !== ''));
      }),
      { numRuns: 100 },
    );
  });

  it('cuts a line that does not end, once, and goes on after it', async () => {
    const lines = await linesOf([
      ...Array.from({ length: 50 }, () => Buffer.alloc(1000, 'x')),
      Buffer.from('\nnext\n'),
    ]);
    expect(lines).toEqual([`${'x'.repeat(MAX_LOG_CHARACTERS)}...`, 'next']);
  });
});
