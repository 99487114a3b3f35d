import type { Said } from './facts.js';
import { refuse } from './refuse.js';
import { baseOf, type ExportSource, folderOf, isObject } from './source/source.js';

/** The names that class lists go by beside a model, in the order in which they are looked for. */
export const namesFiles = [
  'labels.txt',
  'classes.txt',
  'class_names.txt',
  'class_labels.txt',
  'names.txt',
  'dict.txt',
  'labels.json',
  'classes.json',
  'class_names.json',
  'class_labels.json',
  'class_indices.json',
  'class_to_idx.json',
  'idx_to_class.json',
  'id2label.json',
  'index_to_name.json',
  'names.json',
];

/** Class names in a file beside the model, or one folder above it where the model lies in `onnx/`. */
export async function namesBeside(
  source: ExportSource,
  modelFile: string,
): Promise<Said<readonly string[]> | undefined> {
  const folders = [folderOf(modelFile), ''];
  for (const folder of new Set(folders)) {
    for (const name of namesFiles) {
      const file = source.files.find((each) => folderOf(each) === folder && baseOf(each).toLowerCase() === name);
      if (file !== undefined) return readNames(source, file);
    }
  }
  return undefined;
}

/** Class names from a text file, one a line, or from a JSON file: a list, index to name or name to index. */
export async function readNames(source: ExportSource, file: string): Promise<Said<readonly string[]>> {
  const text = await source.text(file);
  const names = /\.json$/i.test(file) ? fromJson(text, file) : fromLines(text, file);
  if (names.length === 0)
    throw refuse(`${file} holds no class name`, 'Write one name a line, in the order of the outputs.', file);
  return { value: names, from: file };
}

function fromLines(text: string, file: string): string[] {
  const lines = text.split(/\r\n|\n|\r/).map((line) => line.trim());
  while (lines.at(-1) === '') lines.pop();
  const empty = lines.indexOf('');
  if (empty >= 0) {
    throw refuse(
      `${file} has an empty line ${empty + 1} between its names`,
      'Each line names one output, so an empty one would shift the rest: remove it or write the name.',
      file,
    );
  }
  // Teachable Machine writes `0 cat`, `1 dog`; others `0: cat`.
  const numbered = lines.map((line, index) => new RegExp(`^${index}\\s*[:,\\t ]\\s*(\\S.*)$`).exec(line)?.[1]);
  return numbered.every((name) => name !== undefined) ? (numbered as string[]) : lines;
}

function fromJson(text: string, file: string): string[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw refuse(
      `${file} is not valid JSON: ${(error as Error).message}`,
      'Correct the file or give --classes.',
      file,
      error,
    );
  }
  const names = namesOf(value);
  if (names === undefined) {
    throw refuse(
      `${file} is JSON, but neither a list of names nor a map of index to name or of name to index`,
      'Write ["cat", "dog"], in the order of the outputs, or give --classes.',
      file,
    );
  }
  return names;
}

/**
 * Names in any of the usual JSON forms: a list, `{"0": "cat"}`, `{"cat": 0}`, `{"0": ["n02", "cat"]}`, or one of these
 * under `labels`, `classes`, `names` or `id2label`. Undefined when it is none of them or has a gap.
 */
export function namesOf(value: unknown): string[] | undefined {
  if (Array.isArray(value)) {
    const names = value.map((item: unknown) => {
      if (typeof item === 'string') return item;
      return isObject(item) && typeof item.name === 'string' ? item.name : undefined;
    });
    return names.every((name) => name !== undefined) ? (names as string[]) : undefined;
  }
  if (!isObject(value)) return undefined;
  const entries = Object.entries(value);
  const pairs = entries.map(([key, item]): [number, string] | undefined => {
    if (typeof item === 'number') return [item, key];
    if (!/^\d+$/.test(key)) return undefined;
    if (typeof item === 'string') return [Number(key), item];
    return Array.isArray(item) && typeof item.at(-1) === 'string' ? [Number(key), item.at(-1) as string] : undefined;
  });
  if (entries.length > 0 && pairs.every((pair) => pair !== undefined)) {
    const sorted = (pairs as [number, string][]).sort(([one], [other]) => one - other);
    return sorted.every(([index], position) => index === position) ? sorted.map(([, name]) => name) : undefined;
  }
  for (const key of ['labels', 'classes', 'names', 'class_names', 'id2label']) {
    if (value[key] !== undefined) return namesOf(value[key]);
  }
  return undefined;
}
