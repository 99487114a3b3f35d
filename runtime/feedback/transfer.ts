import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { type CsvError, parse } from 'csv-parse';
import { stringify } from 'csv-stringify/sync';
import { KatonicError } from '../errors.js';
import type { LabelSet } from './labels.js';
import type { Label } from './scoring.js';
import type { FeedbackRecord } from './writing.js';

export type Format = 'csv' | 'jsonl';

/** One feedback as a file has it: names of the platform's body, time as ISO 8601, id and confidence where they are known. */
const COLUMNS = ['at', 'predicted_label', 'true_label', 'id', 'confidence'] as const;

type Fields = Partial<Record<(typeof COLUMNS)[number], unknown>>;

/** By the ending of the file's name; `undefined` where it says nothing. */
export function formatOf(file: string): Format | undefined {
  if (/\.csv$/i.test(file)) return 'csv';
  return /\.(jsonl|ndjson)$/i.test(file) ? 'jsonl' : undefined;
}

/** The lines of an export, each with its line end; CSV starts with a line of names. */
export async function* write(records: AsyncIterable<FeedbackRecord>, format: Format): AsyncGenerator<string> {
  if (format === 'csv') yield `${COLUMNS.join(',')}\n`;
  for await (const record of records) {
    const fields = toFields(record);
    yield format === 'csv' ? stringify([COLUMNS.map((column) => fields[column])]) : `${JSON.stringify(fields)}\n`;
  }
}

/**
 * The feedback in a file.
 *
 * @throws KatonicError `usage` that names file and line, at the first line that is wrong.
 */
export async function* read(file: string, format: Format, labels: LabelSet): AsyncGenerator<FeedbackRecord> {
  try {
    for await (const { line, fields } of format === 'csv' ? csvLines(file) : jsonLines(file)) {
      yield toRecord(fields, labels, (message) => wrong(file, line, message));
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'EISDIR' && code !== 'EACCES') throw error;
    throw new KatonicError(
      { code: 'usage', message: `${file} cannot be read: ${message}`, where: { file } },
      { cause: error },
    );
  }
}

function toFields({ at, predicted, actual, predictionId, confidence }: FeedbackRecord): Fields {
  return {
    at: at === undefined ? undefined : new Date(at).toISOString(),
    predicted_label: predicted,
    true_label: actual,
    id: predictionId,
    confidence,
  };
}

function toRecord(fields: Fields, labels: LabelSet, refuse: (message: string) => KatonicError): FeedbackRecord {
  const unknown = Object.keys(fields).find((name) => !(COLUMNS as readonly string[]).includes(name));
  if (unknown !== undefined) throw refuse(`expected the fields ${COLUMNS.join(', ')}, got ${JSON.stringify(unknown)}`);
  const label = (name: 'predicted_label' | 'true_label'): Label => {
    const value = fields[name];
    const known = typeof value === 'number' || typeof value === 'string' ? labels.known(value) : undefined;
    if (known !== undefined) return known;
    throw refuse(`${name}: expected a label of labels_file.json, got ${JSON.stringify(value) ?? 'nothing'}`);
  };
  const id = given(fields.id);
  return {
    predicted: label('predicted_label'),
    actual: label('true_label'),
    at: timeOf(given(fields.at), refuse),
    predictionId: id === undefined ? undefined : String(id),
    confidence: confidenceOf(given(fields.confidence), refuse),
  };
}

/** An empty cell of a CSV file is no value. */
function given(value: unknown): unknown {
  return value === '' || value === null ? undefined : value;
}

function timeOf(value: unknown, refuse: (message: string) => KatonicError): number | undefined {
  if (value === undefined) return undefined;
  const at = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(at)) throw refuse(`at: expected a time such as 2026-01-31T12:00:00Z, got ${JSON.stringify(value)}`);
  return at;
}

function confidenceOf(value: unknown, refuse: (message: string) => KatonicError): number | undefined {
  if (value === undefined) return undefined;
  const confidence = Number(value);
  if (confidence >= 0 && confidence <= 1) return confidence;
  throw refuse(`confidence: expected a number between 0 and 1, got ${JSON.stringify(value)}`);
}

interface Line {
  readonly line: number;
  readonly fields: Fields;
}

async function* csvLines(file: string): AsyncGenerator<Line> {
  const parser = parse({ columns: true, bom: true, info: true, skip_empty_lines: true, trim: true });
  const source = createReadStream(file);
  source.once('error', (error) => parser.destroy(error));
  try {
    for await (const { record, info } of source.pipe(parser)) yield { line: info.lines, fields: record };
  } catch (error) {
    const { code, message, lines } = error as CsvError & { lines?: number };
    if (!String(code).startsWith('CSV_')) throw error;
    throw wrong(file, lines ?? 1, message);
  } finally {
    source.destroy();
  }
}

async function* jsonLines(file: string): AsyncGenerator<Line> {
  const source = createReadStream(file, 'utf8');
  let line = 0;
  // for await over readline alone never sees an error of its source.
  let failed: Error | undefined;
  source.once('error', (error) => {
    failed = error;
  });
  for await (const text of createInterface({ input: source, crlfDelay: Number.POSITIVE_INFINITY })) {
    line++;
    if (text.trim() === '') continue;
    yield { line, fields: parseObject(text, (message) => wrong(file, line, message)) };
  }
  if (failed !== undefined) throw failed;
}

function parseObject(text: string, refuse: (message: string) => KatonicError): Fields {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw refuse(`expected one JSON object a line: ${(error as Error).message}`);
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw refuse('expected one JSON object a line, got another value');
  }
  return value as Fields;
}

function wrong(file: string, line: number, message: string): KatonicError {
  return new KatonicError({
    code: 'usage',
    message: `${file}:${line}: ${message}`,
    where: { file, line },
    remedy: 'Nothing was imported. Correct the line and import the file again.',
  });
}
