import { headers, RefusedError, request } from './api.js';
import type { Figures, Window } from './figures.js';
import type { Refusal } from './types.js';

const RETRY_MS = 3000;

/**
 * Figures as they change, until `signal` aborts. The stream is read with `fetch`, since an EventSource cannot send the
 * token; a broken one is opened again.
 */
export async function watchFigures(
  prefix: string,
  window: Window,
  signal: AbortSignal,
  onFigures: (figures: Figures) => void,
  onTrouble: (refusal: Refusal) => void,
): Promise<void> {
  while (!signal.aborted) {
    try {
      const response = await request(`${prefix}/monitoring/stream?window=${window}`, { headers: headers(), signal });
      if (response.body) await readEvents(response.body, (text) => onFigures(JSON.parse(text) as Figures));
    } catch (error) {
      if (signal.aborted) return;
      onTrouble(
        error instanceof RefusedError ? error.refusal : { status: 0, message: `The figures broke off: ${error}` },
      );
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

/** Calls `onData` with the `data` of each event of a text/event-stream. */
export async function readEvents(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  onData: (text: string) => void,
): Promise<void> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let held = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const events = (held + value).split('\n\n');
    held = events.pop() ?? '';
    for (const event of events) {
      const data = event
        .split('\n')
        .filter((line) => line.startsWith('data: '))
        .map((line) => line.slice(6));
      if (data.length > 0) onData(data.join('\n'));
    }
  }
}
