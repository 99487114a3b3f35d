import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readEvents } from '../../../runtime/page/stream.js';

it('reads the same events however the bytes are cut', async () => {
  const text = 'event: figures\ndata: {"a":"é梨"}\n\n: still here\n\nevent: figures\ndata: {"b":1}\n\ndata: cut off';
  const bytes = new TextEncoder().encode(text);
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(fc.integer({ min: 1, max: bytes.length - 1 }), { maxLength: 12 }), async (cuts) => {
      const edges = [0, ...cuts.sort((a, b) => a - b), bytes.length];
      const chunks = edges.slice(1).map((end, index) => bytes.slice(edges[index], end));
      const seen: string[] = [];
      await readEvents(streamOf(chunks), (data) => seen.push(data));
      expect(seen).toEqual(['{"a":"é梨"}', '{"b":1}']);
    }),
  );
});

function streamOf(chunks: Uint8Array<ArrayBuffer>[]): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
}
