import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LabelSet } from '../../../runtime/feedback/labels.js';
import { type Format, formatOf, read, write } from '../../../runtime/feedback/transfer.js';
import type { FeedbackRecord } from '../../../runtime/feedback/writing.js';
import { tempFolder } from './helpers.js';

const labels = new LabelSet([1, 2, 'has, comma "and quotes"']);
const AT = Date.UTC(2026, 0, 31, 12, 0, 0, 250);

const records: FeedbackRecord[] = [
  { at: AT, predicted: 1, actual: 2, predictionId: 'a,b\n"c"', confidence: 0.1 + 0.2 },
  { at: AT + 1, predicted: 'has, comma "and quotes"', actual: 1, predictionId: undefined, confidence: undefined },
];

async function* each<T>(values: readonly T[]) {
  yield* values;
}

async function all<T>(values: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const value of values) list.push(value);
  return list;
}

async function readText(text: string, format: Format) {
  const file = join(tempFolder(), 'feedback');
  writeFileSync(file, text);
  return all(read(file, format, labels));
}

describe.each<Format>(['csv', 'jsonl'])('%s', (format) => {
  it('comes back as it went out', async () => {
    const text = (await all(write(each(records), format))).join('');
    expect(await readText(text, format)).toEqual(records);
  });

  it('says which file cannot be read', async () => {
    const missing = join(tempFolder(), 'missing');
    await expect(all(read(missing, format, labels))).rejects.toMatchObject({ code: 'usage', where: { file: missing } });
  });
});

describe('CSV of other hands', () => {
  it('with a mark of byte order, Windows line ends, spaces, columns in another order and empty cells', async () => {
    const text = '\uFEFFtrue_label, predicted_label, at\r\n1, 2,\r\n\r\n2,2,2026-01-31T12:00:00.250Z\r\n';
    expect(await readText(text, 'csv')).toMatchObject([
      { predicted: 2, actual: 1, at: undefined },
      { predicted: 2, actual: 2, at: AT },
    ]);
  });
});

describe.each<[Format, string, number, RegExp]>([
  ['csv', 'predicted_label,true_label\n1,2\n1,7\n', 3, /true_label: expected a label of labels_file\.json, got "7"/],
  ['csv', 'predicted_label\n1\n', 2, /true_label.*nothing/],
  ['csv', 'predicted_label,true_label\n1,2,3\n', 2, /Length/],
  ['csv', 'predicted_label,true_label,note\n1,2,x\n', 2, /got "note"/],
  ['csv', 'predicted_label,true_label,at\n1,2,yesterday\n', 2, /at: expected a time/],
  ['csv', 'predicted_label,true_label,confidence\n1,2,1.5\n', 2, /between 0 and 1/],
  ['jsonl', '{"predicted_label":1,"true_label":2}\nnot json\n', 2, /one JSON object a line/],
  ['jsonl', '[1,2]\n', 1, /another value/],
  ['jsonl', '{"predicted_label":1.5,"true_label":2}\n', 1, /got 1\.5/],
  ['jsonl', '\n{"predicted_label":true,"true_label":2}\n', 2, /got true/],
])('%s %j', (format, text, line, message) => {
  it(`is refused at line ${line}`, async () => {
    const refusal = readText(text, format);
    await expect(refusal).rejects.toMatchObject({ code: 'usage', where: { line } });
    await expect(refusal).rejects.toThrow(message);
  });
});

it('knows a format by its file', () => {
  expect(['a.csv', 'A.CSV', 'a.jsonl', 'a.ndjson', 'a.txt', 'csv'].map(formatOf)).toEqual([
    'csv',
    'csv',
    'jsonl',
    'jsonl',
    undefined,
    undefined,
  ]);
});
