import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { MAX_LOG_CHARACTERS } from './channel-logger.js';

/** Calls `onLine` for each line that user code prints; a line without end is cut at {@link MAX_LOG_CHARACTERS}. */
export function readLines(stream: Readable, onLine: (line: string) => void): void {
  const decoder = new StringDecoder('utf8');
  let held = '';
  let skipping = false;
  const emit = (text: string): void => {
    if (!skipping && text.trim() !== '') onLine(text);
    skipping = false;
  };
  stream.on('data', (chunk: Buffer) => {
    const lines = (held + decoder.write(chunk)).split('\n');
    held = lines.pop() ?? '';
    for (const line of lines) emit(line.length > MAX_LOG_CHARACTERS ? `${line.slice(0, MAX_LOG_CHARACTERS)}...` : line);
    if (held.length > MAX_LOG_CHARACTERS) {
      emit(`${held.slice(0, MAX_LOG_CHARACTERS)}...`);
      skipping = true;
      held = '';
    }
  });
  stream.on('end', () => emit(held));
}
