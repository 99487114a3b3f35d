import { readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { ExportAnswers } from '../../runtime/exports/answers.js';
import type { ExportReading } from '../../runtime/exports/reading.js';
import { packageRoot } from '../../runtime/package-root.js';

/** The answer that stands for the working example model. */
export const EXAMPLE = 'example';

export const exampleFolder = join(packageRoot, 'examples', 'shapes');

/** The example model in the form that readers of exports give, so that one way leads on from both. */
export function exampleReading(): ExportReading {
  const { classes } = JSON.parse(readFileSync(join(exampleFolder, 'katonic.json'), 'utf8')) as {
    classes: { name: string }[];
  };
  const model = join(exampleFolder, 'model');
  return {
    kind: 'tfjs-layers',
    title: 'the working example: six shapes (TensorFlow.js)',
    engine: 'tfjs',
    files: readdirSync(model)
      .sort()
      .map((name) => ({ from: join(model, name), to: name })),
    modelFile: 'model.json',
    recipe: { width: 64, height: 64, fit: 'crop', scale: 1 / 127.5, mean: 1 },
    output: { size: classes.length, form: 'probabilities' },
    classNames: classes.map(({ name }) => name),
    said: [`tells ${classes.map(({ name }) => name).join(', ')} apart`],
    assumed: [],
    findings: [],
    dispose: async () => undefined,
  };
}

/** The example's sample pictures, named by what they show: `circle.jpg`. */
export function exampleSamples(): string[] {
  return readdirSync(join(exampleFolder, 'samples'))
    .filter((name) => /\.(jpe?g|png|webp)$/i.test(name))
    .sort();
}

/** Reads an export. Throws {@link KatonicError} with what was looked for and what was found. */
export async function readModel(path: string, answers: Partial<ExportAnswers>): Promise<ExportReading> {
  const { readExport } = await import('../../runtime/exports/index.js');
  return await readExport(path, answers);
}

/** The absolute path of a model as people write or paste it: with a `~` or in quotes. */
export function modelPath(text: string, base: string): string {
  const bare = text.trim().replace(/^(["'])(.*)\1$/, '$2');
  return resolve(base, bare.replace(/^~(?=$|[\\/])/, homedir()));
}

/** How many classes the output tells apart; undefined where the export leaves it open. */
export function classCount({ size, form }: ExportReading['output']): number | undefined {
  if (form === 'probability' || form === 'logit') return 2;
  return size > 1 ? size : undefined;
}
