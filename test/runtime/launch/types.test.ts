import { expect, it } from 'vitest';
import { checkTypes } from '../../../runtime/launch/types.js';
import { makePackage } from './harness.js';

const IMPORT = `import { InputError, type Classification, type ImageData, type ImageTensor, type LaunchModule, type Logger, type OpenModel } from 'generator-katonic-classifier/runtime';`;
const FUNCTIONS = `
export async function loadmodel(logger: Logger): Promise<OpenModel> { logger.info('x'); throw new InputError('y'); }
export async function preprocessing(data: ImageData): Promise<ImageTensor> { throw new Error(String(data.length)); }
export async function predict(features: ImageTensor, model: OpenModel): Promise<Classification> {
  const { data } = await model.run(features.data, features.shape);
  return { predicted_label: data.length, predicted_class: '', confidence: 1, probabilities: {} };
}`;

/** The codes of the type errors of this launch.ts. */
async function errorsOf(source: string): Promise<string[]> {
  const dir = await makePackage({ 'launch.ts': `${IMPORT}\n${source}` }, 'minimal-ts');
  const findings = checkTypes({ dir, launchFile: `${dir}/launch.ts`, schemaFile: `${dir}/schema.ts` });
  return findings.map(({ message }) => message);
}

it('accepts usual launch files as LaunchModule', async () => {
  const source = `${FUNCTIONS}
({ loadmodel, preprocessing, predict }) satisfies LaunchModule;
({ loadmodel, preprocessing, predict }) satisfies LaunchModule<ImageData, ImageTensor, OpenModel>;
{
  const loadmodel = () => ({ a: 1 });
  const preprocessing = () => false as const;
  const predict = (data: string, model: { a: number }, logger: Logger) => data.length + model.a;
  const predictBatch = (all: string[]) => all.map((data) => data.length);
  const batchSize = 8;
  ({ loadmodel, preprocessing, predict, predictBatch, batchSize }) satisfies LaunchModule;
  ({ loadmodel, predict }) satisfies LaunchModule;
  ({ loadmodel, preprocessing, predict, predictBatch }) satisfies LaunchModule<string, string, { a: number }>;
}`;
  expect(await errorsOf(source)).toEqual([]);
}, 120_000);

it('refuses what does not fit', async () => {
  const errors = await errorsOf(`
const loadmodel = () => 1;
const predict = (features: number, model: number) => features + model;
({ predict }) satisfies LaunchModule;
({ loadmodel, predict, preproces: () => false }) satisfies LaunchModule;
({ loadmodel, predict: 5 }) satisfies LaunchModule;
({ loadmodel, preprocessing: () => 'text', predict }) satisfies LaunchModule<ImageData, number, number>;
({ loadmodel: () => 'text', predict }) satisfies LaunchModule<ImageData, number, number>;`);
  expect(errors).toHaveLength(5);
  expect(errors.join('\n')).toMatch(/loadmodel[\s\S]*preproces[\s\S]*number/);
}, 120_000);
