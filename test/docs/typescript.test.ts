import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';
import { afterAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../runtime/package-root.js';
import { makePackage, tryPackage } from '../runtime/launch/harness.js';
import { type Block, blocksOf, placeOf } from './blocks.js';

const require = createRequire(import.meta.url);
const all = blocksOf('ts');
const example = join(packageRoot, 'examples/shapes');
const made: string[] = [];
afterAll(() => {
  for (const dir of made) rmSync(dir, { recursive: true });
});

/** By the tsconfig.json that scaffolds get, against the built types. */
it('every TypeScript block compiles', () => {
  const folder = mkdtempSync(join(tmpdir(), 'katonic-blocks-'));
  made.push(folder);
  const places = new Map(all.map((block, index) => [join(folder, `block${index}.ts`), placeOf(block)]));
  for (const [index, { code }] of all.entries()) writeFileSync(join(folder, `block${index}.ts`), code);
  const given = JSON.parse(readFileSync(join(packageRoot, 'templates/base/tsconfig.json'), 'utf8')).compilerOptions;
  const { options } = ts.convertCompilerOptionsFromJson(
    {
      ...given,
      types: ['node'],
      typeRoots: [join(packageRoot, 'node_modules/@types')],
      paths: {
        'generator-katonic-classifier/runtime': [join(packageRoot, 'dist/runtime/public.d.ts')],
        joi: [join(dirname(require.resolve('joi')), 'index.d.ts')],
      },
    },
    folder,
  );
  const program = ts.createProgram([...places.keys()], { ...options, noEmit: true });
  const said = ts.getPreEmitDiagnostics(program).map(({ file, start = 0, messageText }) => {
    const name = file?.fileName ?? '';
    const line = (file?.getLineAndCharacterOfPosition(start).line ?? 0) + 1;
    return `${places.get(name) ?? relative(folder, name)} +${line}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
  });
  expect(said).toEqual([]);
}, 60_000);

const picture = { bytes: readFileSync(join(example, 'samples/star.jpg')).toString('base64') };
const schemas = all.filter(({ code }) => /export const PredictSchema\b/.test(code));
const launches = all.filter(({ code }) => /export (async )?function predict\b/.test(code));

/** The example's package with these files in the place of its own. */
function inExample(files: Readonly<Record<string, string>>): Promise<string> {
  return makePackage(files).then((dir) => {
    mkdirSync(dir, { recursive: true });
    cpSync(example, dir, { recursive: true, force: false, filter: (from) => !/\/(\.katonic|training)$/.test(from) });
    return dir;
  });
}

const named = (list: readonly Block[]) => list.map((block) => [placeOf(block), block] as const);

describe('a launch module of the documentation loads and answers', () => {
  it.each(named(launches))(
    '%s',
    async (_, { code }) => {
      const dir = await inExample({ 'launch.ts': code });
      const { failed, answers, warnings } = await tryPackage(dir, [{ data: 'four' }, picture]);
      expect(failed).toBeUndefined();
      expect(warnings).toEqual([]);
      // One that reads pictures is asked about a star, any other about a text.
      const answer = code.includes('readImage') ? answers[1] : answers[0];
      expect(answer).toBeTypeOf('string');
      if (code.includes('readImage')) expect(JSON.parse(answer as string)).toMatchObject({ predicted_class: 'star' });
    },
    60_000,
  );
});

describe('a schema of the documentation loads, takes a picture and refuses a body without data', () => {
  it.each(named(schemas))(
    '%s',
    async (_, { code }) => {
      const dir = await inExample({ 'schema.ts': code });
      const { failed, answers } = await tryPackage(dir, [picture, {}]);
      expect(failed).toBeUndefined();
      expect(answers).toMatchObject([expect.stringContaining('"star"'), { code: 'invalid_input' }]);
    },
    60_000,
  );
});
