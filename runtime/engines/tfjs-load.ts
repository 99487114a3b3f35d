import { createRequire } from 'node:module';
import type * as tfjs from '@tensorflow/tfjs';

const require = createRequire(import.meta.url);

/** TFJS with its advice to newcomers off: warnings of ours go through the logger, and of theirs none is for users. */
export async function loadTfjs(): Promise<typeof tfjs> {
  const tf = (await quietly(() => import('@tensorflow/tfjs'))) as unknown as { default?: typeof tfjs } & typeof tfjs;
  const library = tf.default ?? tf;
  library.enableProdMode();
  return library;
}

export function versionOf(name: string): string {
  return (require(`${name}/package.json`) as { version: string }).version;
}

/** TFJS's dependencies call deprecated parts of Node, which newer versions report on the terminal at load. */
export async function quietly<T>(load: () => Promise<T>): Promise<T> {
  const before = process.noDeprecation;
  process.noDeprecation = true;
  try {
    return await load();
  } finally {
    process.noDeprecation = before ?? false;
  }
}
