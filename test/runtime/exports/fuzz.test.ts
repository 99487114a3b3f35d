import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { KatonicError } from '../../../runtime/errors.js';
import { readExport } from '../../../runtime/exports/index.js';
import { exportsFolder } from './parity.js';

const work = mkdtempSync(join(tmpdir(), 'fuzz-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

const odd: readonly unknown[] = [null, true, -1, 1e99, '', '../x', [], [null], {}, { a: { b: [1] } }];

/** Every place in a JSON value, as a path of keys. */
function places(value: unknown, path: readonly string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [[...path]];
  const below = Object.entries(value).flatMap(([key, each]) => places(each, [...path, key]));
  return [[...path], ...below];
}

function replaced(value: unknown, [key, ...rest]: readonly string[], by: unknown): unknown {
  if (key === undefined) return by;
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<string, unknown>;
  copy[key] = replaced(copy[key], rest, by);
  return copy;
}

/** Either a reading or a sentence with what to do; never another error. */
async function reads(path: string): Promise<void> {
  try {
    const reading = await readExport(path);
    await reading.dispose();
  } catch (error) {
    if (!(error instanceof KatonicError)) throw error;
    expect(error.remedy).toBeTruthy();
  }
}

const jsonFiles = [
  ['teachable-machine', 'metadata.json'],
  ['teachable-machine', 'model.json'],
  ['tfjs-layers-nested', 'model.json'],
  ['tfjs-graph', 'model.json'],
  ['custom-vision-onnx', 'cvexport.manifest'],
  ['custom-vision-onnx-s1', 'metadata_properties.json'],
  ['huggingface-vit', 'config.json'],
  ['huggingface-resnet', 'preprocessor_config.json'],
] as const;

describe('whatever is in its files, an export is read or refused with a sentence', () => {
  test.each(jsonFiles)('%s/%s with a value replaced', async (name, file) => {
    const folder = join(work, `${name}-${file}`);
    cpSync(join(exportsFolder, name), folder, { recursive: true });
    const whole: unknown = JSON.parse(readFileSync(join(folder, file), 'utf8'));
    const all = places(whole);
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...all), fc.constantFrom(...odd), async (place, value) => {
        writeFileSync(join(folder, file), JSON.stringify(replaced(whole, place, value)));
        await reads(folder);
      }),
      { numRuns: Number(process.env.FUZZ_RUNS ?? 60) },
    );
  });

  test.each(['sklearn-zipmap', 'pytorch-sigmoid', 'custom-vision-onnx', 'onnx-uint8-nhwc'])(
    '%s with bytes changed',
    async (name) => {
      const folder = join(work, name);
      cpSync(join(exportsFolder, name), folder, { recursive: true });
      const whole = readFileSync(join(folder, 'model.onnx'));
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
          async (changes) => {
            const bytes = Buffer.from(whole);
            for (const [at, value] of changes) bytes[at] = value;
            writeFileSync(join(folder, 'model.onnx'), bytes);
            await reads(folder);
          },
        ),
        { numRuns: Number(process.env.FUZZ_RUNS ?? 60) },
      );
    },
  );
});
