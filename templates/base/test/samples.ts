import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Classification, Logger } from 'generator-katonic-classifier/runtime';
import { loadmodel, predict, preprocessing } from '../launch';

/** The answers that the tests expect; `npm run golden` writes them. */
export const goldenFile = join(__dirname, 'golden.json');

const logger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warning: console.warn,
  error: console.error,
  exception: console.error,
};

/** What launch.ts answers for each picture in samples/, by file name. */
export async function answerSamples(): Promise<Record<string, Classification>> {
  const folder = join(__dirname, '..', 'samples');
  const pictures = existsSync(folder) ? readdirSync(folder).filter((name) => /\.(jpe?g|png|webp|gif|tiff?|avif)$/i.test(name)) : [];
  if (pictures.length === 0) throw new Error('samples/ holds no picture: put one or more there');
  const model = await loadmodel(logger);
  const answers: Record<string, Classification> = {};
  for (const name of pictures.sort()) {
    const features = await preprocessing(readFileSync(join(folder, name)));
    answers[name] = await predict(features, model);
  }
  await model.network.dispose();
  return answers;
}
