import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { classify } from '../../../runtime/engines/classify.js';
import { openModel } from '../../../runtime/engines/index.js';
import type { ExportAnswers } from '../../../runtime/exports/answers.js';
import { readExport } from '../../../runtime/exports/index.js';
import { readImage } from '../../../runtime/images/images.js';

export const exportsFolder = new URL('../../fixtures/exports/', import.meta.url).pathname;
export const pictures = readdirSync(join(exportsFolder, 'pictures')).sort();

export interface Reference {
  readonly tool: string;
  readonly answers: Readonly<Record<string, readonly number[]>>;
}

export function reference(name: string): Reference {
  return JSON.parse(readFileSync(join(exportsFolder, 'reference', `${name}.json`), 'utf8')) as Reference;
}

/** Probabilities of an export for pictures, by the whole way: reading, recipe, engine, output form. */
export async function ourAnswers(
  path: string,
  answers: Partial<ExportAnswers>,
  files: readonly string[],
): Promise<Record<string, number[]>> {
  const reading = await readExport(path, answers);
  const opened: { dispose(): Promise<void> }[] = [reading];
  try {
    const file = reading.files.find(({ to }) => to === reading.modelFile)!.from;
    const model = await openModel(file);
    opened.unshift(model);
    const count = reading.output.size === 1 ? 2 : reading.output.size;
    const classes = Array.from({ length: count }, (_, code) => ({ name: `class ${code}`, code }));
    const result: Record<string, number[]> = {};
    for (const picture of files) {
      const { data, shape } = await readImage(readFileSync(picture), reading.recipe);
      const output = await model.run(data, shape);
      result[picture.slice(picture.lastIndexOf('/') + 1)] = Object.values(
        classify(output, { classes, form: reading.output.form }).probabilities,
      );
    }
    return result;
  } finally {
    for (const each of opened) await each.dispose();
  }
}
