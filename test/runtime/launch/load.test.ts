import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Problem } from '../../../runtime/errors.js';
import { packageRoot } from '../../../runtime/package-root.js';
import { fixtures, makePackage, tryPackage } from './harness.js';

const EVEN = '{"predicted_label":0,"predicted_class":"even","confidence":0.9,"probabilities":{"even":0.9,"odd":0.1}}';
const JPEG = { bytes: Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 0x10]).toString('base64') };

describe('a package that loads', () => {
  it.each(['minimal-ts', 'esm-ts'])('%s: TypeScript, with our runtime and joi where it has none', async (name) => {
    const { answers, info, warnings, failed } = await tryPackage(join(fixtures, name), [
      { data: 'ab' },
      { data: '' },
      JPEG,
    ]);
    expect(failed).toBeUndefined();
    expect(warnings).toEqual([]);
    expect(answers).toMatchObject([
      EVEN,
      { code: 'invalid_input', message: 'data is empty', where: { field: ['body', 'data'] } },
      EVEN,
    ]);
    expect(info).toMatchObject({ batch: 1, acceptsBytes: true, bodySchema: { required: ['data'], type: 'object' } });
  });

  it('CommonJS without preprocessing: predict gets the raw data, and a data URI where bytes are not taken', async () => {
    const { answers, info, warnings } = await tryPackage(join(fixtures, 'minimal-cjs'), [
      { data: 'ab' },
      { data: 'abcd' },
      JPEG,
      { data: 'x'.repeat(101) },
    ]);
    expect(warnings).toEqual([expect.stringContaining('launch.cjs: preprocessing is not exported')]);
    expect(answers).toMatchObject([
      '{"long":false}',
      '{"long":true}',
      '{"long":true}',
      { code: 'invalid_input', message: 'at most 100 letters' },
    ]);
    expect(info?.acceptsBytes).toBe(false);
  });

  it('ESM with top-level await; preprocessing that says false', async () => {
    const { answers } = await tryPackage(join(fixtures, 'minimal-mjs'), [{ data: 'you' }, { data: 'no' }, JPEG]);
    expect(answers).toMatchObject([
      '"hello you"',
      { code: 'invalid_input', message: '"no" is refused' },
      '"hello data:image/jpeg;base64,/9j/4AAQ"',
    ]);
  });

  it('calls preprocessing with data and predict with features, model and logger, sync or async', async () => {
    const dir = await makePackage(
      {
        'launch.ts': null,
        'schema.ts': null,
        'schema.js': `exports.PredictSchema = require('joi').object({ data: require('joi').any() })`,
        'launch.js': `
          exports.loadmodel = async (logger) => ({ kind: 'model', logs: Object.keys(logger).sort() });
          exports.preprocessing = (data) => data === 0 ? 0 : data === null ? null : [data];
          exports.predict = async (features, model, logger) => ({ features, model, same: typeof logger.exception });`,
      },
      'minimal-ts',
    );
    const model = '"model":{"kind":"model","logs":["debug","error","exception","info","warning"]},"same":"function"';
    const { answers } = await tryPackage(dir, [{ data: 1 }, { data: 0 }, { data: null }]);
    // Only `false` means "nothing to do": 0 and null are features.
    expect(answers).toEqual([`{"features":[1],${model}}`, `{"features":0,${model}}`, `{"features":null,${model}}`]);
  });

  it.each(['mts', 'cts'])('.%s files', async (extension) => {
    const dir = await makePackage(
      {
        'launch.ts': null,
        'schema.ts': null,
        [`launch.${extension}`]: `export const loadmodel = (): number => 2; export const preprocessing = () => false; export const predict = (data: string, model: number) => [data, model];`,
        [`schema.${extension}`]: `import Joi from 'joi'; export const PredictSchema = Joi.object({ data: Joi.string() });`,
      },
      'minimal-ts',
    );
    // Node 20 resolves the imports of an .mts that is required without our last resort.
    await mkdir(join(dir, 'node_modules'));
    await symlink(join(packageRoot, 'node_modules/joi'), join(dir, 'node_modules/joi'));
    const { answers, failed } = await tryPackage(dir, [{ data: 'a' }]);
    expect(failed).toBeUndefined();
    expect(answers).toEqual(['["a",2]']);
  });

  it('runs in the folder of the package', async () => {
    const dir = await makePackage(
      { 'launch.ts': body(`return require('node:fs').readFileSync('labels_file.json', 'utf8')`) },
      'minimal-ts',
    );
    expect((await tryPackage(dir, [{ data: 'a' }])).answers).toEqual(['{ "labels": [0, 1] }\n']);
  });

  it('refuses bodies with the field, what was expected and what came', async () => {
    const { answers } = await tryPackage(join(fixtures, 'minimal-cjs'), [
      {},
      [],
      null,
      7,
      { data: 7 },
      { data: 'a', more: 1 },
    ]);
    const said = (answers as Problem[]).map(({ code, where, message }) => [code, where?.field, message]);
    expect(said).toEqual([
      ['invalid_input', ['body', 'data'], '"data" is required'],
      ['invalid_input', ['body'], 'expected a JSON object with "data"; a list of 0 came'],
      ['invalid_input', ['body'], 'expected a JSON object with "data"; null came'],
      ['invalid_input', ['body'], 'expected a JSON object with "data"; the number 7 came'],
      ['invalid_input', ['body', 'data'], '"data" must be a string; the number 7 came'],
      ['invalid_input', ['body', 'more'], '"more" is not allowed'],
    ]);
  });

  it('takes an InputError of another copy of the runtime for one', async () => {
    const dir = await makePackage(
      {
        'node_modules/generator-katonic-classifier/package.json': '{"exports":{"./runtime":"./r.js"}}',
        'node_modules/generator-katonic-classifier/r.js': `exports.InputError = class InputError extends Error { name = 'InputError'; code = 'invalid_input'; where = { field: ['body', 'data'] } };`,
        'launch.ts': `import { InputError } from 'generator-katonic-classifier/runtime';\n${body(`throw new InputError('not today')`)}`,
      },
      'minimal-ts',
    );
    const { answers } = await tryPackage(dir, [{ data: 'a' }]);
    expect(answers).toMatchObject([
      { code: 'invalid_input', message: 'not today', where: { field: ['body', 'data'] } },
    ]);
  });
});

describe('user code that fails', () => {
  const cases: [string, string, string, object][] = [
    [
      'an exception in predict',
      'launch.ts',
      body('\n  throw new TypeError("bad shape")'),
      { message: 'TypeError: bad shape', where: { file: 'launch.ts', line: 4, function: 'predict' } },
    ],
    [
      'an exception in JavaScript',
      'launch.mjs',
      `export const loadmodel = () => 1;\nexport const preprocessing = () => false;\nexport function predict() {\n  null.x;\n}`,
      { where: { file: 'launch.mjs', line: 4, function: 'predict' } },
    ],
    [
      'an exception deep below',
      'launch.ts',
      `${body('return JSON.parse(helper())')}\nfunction helper(): string {\n  return "{";\n}`,
      { where: { file: 'launch.ts', line: 3, function: 'predict' } },
    ],
    [
      'a text that is thrown',
      'launch.ts',
      body('throw "nope"'),
      {
        message: 'predict threw the text "nope", which is no Error',
        where: { file: 'launch.ts', function: 'predict' },
      },
    ],
    [
      'undefined that is thrown',
      'launch.ts',
      body('throw undefined'),
      { message: 'predict threw undefined, which is no Error' },
    ],
    [
      'an Error without message',
      'launch.ts',
      body('throw new Error()'),
      { message: 'predict threw Error without a message' },
    ],
    [
      'an answer that JSON cannot carry',
      'launch.ts',
      body('return { p: NaN }'),
      { message: expect.stringContaining("the answer's p is NaN") },
    ],
  ];
  it.each(cases)('%s', async (_name, file, source, expected) => {
    const dir = await makePackage({ 'launch.ts': null, [file]: source }, 'minimal-ts');
    const { answers, failed } = await tryPackage(dir, [{ data: 'a' }, { data: 'b' }]);
    expect(failed).toBeUndefined();
    expect(answers).toMatchObject([
      { code: 'user_code', ...expected },
      { code: 'user_code', ...expected },
    ]);
  });

  it('an exception in loadmodel', async () => {
    const dir = await makePackage(
      {
        'launch.ts': `export function loadmodel() {\n  throw new Error('no weights');\n}\nexport const preprocessing = () => false;\nexport const predict = () => 1;`,
      },
      'minimal-ts',
    );
    const { failed } = await tryPackage(dir);
    expect(failed).toMatchObject({
      code: 'user_code',
      message: 'Error: no weights',
      where: { file: 'launch.ts', line: 2, function: 'loadmodel' },
    });
  });

  it('an exception in the schema itself', async () => {
    const dir = await makePackage(
      {
        'schema.ts': `import Joi from 'joi';\nexport const PredictSchema = Joi.object({ data: Joi.string().custom(() => { throw new Error('x'); }), b: Joi.any().external(() => { throw new Error('from outside'); }) });`,
      },
      'minimal-ts',
    );
    const { answers } = await tryPackage(dir, [{ data: 'a' }, { b: 1 }]);
    expect(answers).toMatchObject([
      { code: 'invalid_input', where: { field: ['body', 'data'] } },
      { code: 'user_code', message: 'Error: from outside (b)', where: { file: 'schema.ts' } },
    ]);
  });

  it.each([
    ['too few answers', 'return [1]', /a list of 2, one answer a picture; a list of 1 came/],
    ['no list', 'return 5', /number came/],
  ])('predictBatch with %s', async (_name, code, message) => {
    const source = `${body('return 1')}\nexport const batchSize = 4;\nexport function predictBatch() { ${code}; }`;
    const dir = await makePackage({ 'launch.ts': source }, 'minimal-ts');
    const { info, batch } = await tryPackage(dir, [], [1, 2]);
    expect(info?.batch).toBe(4);
    expect(batch).toMatchObject({
      code: 'user_code',
      message: expect.stringMatching(message),
      where: { function: 'predictBatch' },
    });
  });
});

describe('a package that does not load', () => {
  const launches: [string, string, string, RegExp, number | undefined, RegExp][] = [
    [
      'loadModel',
      'launch.ts',
      `${'\n'.repeat(2)}export function loadModel() {}\nexport const preprocessing = () => false; export const predict = () => 1`,
      /expected a function loadmodel; found loadModel/,
      3,
      /Did you mean loadmodel\?/,
    ],
    [
      'load_model',
      'launch.ts',
      'export const load_model = () => 1; export const preprocessing = () => false; export const predict = () => 1',
      /found load_model/,
      1,
      /loadmodel/,
    ],
    [
      'preprocess',
      'launch.ts',
      'export const loadmodel = () => 1;\nexport const preprocess = () => false; export const predict = () => 1',
      /expected a function preprocessing; found preprocess/,
      2,
      /preprocessing/,
    ],
    [
      'pedict',
      'launch.ts',
      'export const loadmodel = () => 1; export const preprocessing = () => false;\n\nexport const pedict = () => 1',
      /expected a function predict; found pedict/,
      3,
      /predict/,
    ],
    [
      'no predict',
      'launch.ts',
      'export const loadmodel = () => 1; export const preprocessing = () => false;',
      /expected an exported function predict; no other function is exported/,
      1,
      /Add `export async function predict\(features, model, logger\)/,
    ],
    [
      'an empty file',
      'launch.ts',
      '',
      /expected an exported function loadmodel[\s\S]*expected an exported function predict/,
      1,
      /Add/,
    ],
    [
      'not exported',
      'launch.ts',
      'export const preprocessing = () => false; export const predict = () => 1;\nfunction loadmodel() {}',
      /loadmodel is declared, and not exported/,
      2,
      /export/,
    ],
    [
      'a constant',
      'launch.ts',
      'export const loadmodel = () => 1; export const preprocessing = () => false;\nexport const predict = 5;',
      /expected predict to be a function; the number 5 came/,
      2,
      /export async function predict/,
    ],
    [
      'a promise of a function',
      'launch.ts',
      'export const loadmodel = Promise.resolve(); export const preprocessing = () => false; export const predict = () => 1',
      /loadmodel to be a function; an object of class Promise came/,
      1,
      /./,
    ],
    [
      'batchSize 0',
      'launch.ts',
      `${body('return 1')}\nexport const batchSize = 0;`,
      /expected batchSize to be a whole number above 0; the number 0 came/,
      4,
      /^$/,
    ],
    ['a syntax error', 'launch.ts', '\n\nexport function predict( {', /syntax error: .*TS\d+/, 3, /Correct this line/],
    [
      'a syntax error in a helper',
      'launch.ts',
      `import './helper.js';\n${body('return 1')}`,
      /helper\.ts:2: syntax error/,
      2,
      /Correct this line/,
    ],
    [
      'a syntax error in CommonJS',
      'launch.cjs',
      'exports.a = 1;\nexports.b = (;',
      /syntax error: Unexpected token/,
      2,
      /Correct this line/,
    ],
    [
      'a syntax error in ESM',
      'launch.mjs',
      '\n\nexport const a = ;',
      /syntax error: Unexpected token/,
      3,
      /Correct this line/,
    ],
    [
      'a scaffold in which only the function was renamed',
      'launch.ts',
      '\nexport async function loadModel() {}\nexport const preprocessing = () => false; export const predict = () => 1;\n({ loadmodel, preprocessing, predict }) satisfies object;',
      /^launch\.ts:2: expected a function loadmodel; found loadModel$/,
      2,
      /Did you mean loadmodel\? Rename loadModel/,
    ],
    [
      'the same, where a helper has a name that is further off',
      'launch.ts',
      'function predictAll() {}\nexport const loadmodel = () => 1;\nexport function Predict() {}\n({ loadmodel, predict });',
      /expected a function predict; found Predict$/,
      3,
      /Rename Predict/,
    ],
    [
      'a name that nothing of the contract has',
      'launch.ts',
      `const loader = 1;\nloaded;\n${body('return 1')}`,
      /loading it threw ReferenceError: loaded is not defined/,
      2,
      /loadmodel/,
    ],
    [
      'throws when loaded',
      'launch.ts',
      '\nconst a: string[] = [];\na[0].length;',
      /loading it threw TypeError/,
      3,
      /loadmodel/,
    ],
    [
      'throws a text',
      'launch.cjs',
      'throw "nope"',
      /loading it threw the text "nope", which is no Error/,
      undefined,
      /^$/,
    ],
    [
      'a package that is not installed',
      'launch.ts',
      '\nimport x from "no-such-package-here";\nx();',
      /imports "no-such-package-here", which is not installed/,
      2,
      /npm install no-such-package-here/,
    ],
    [
      'a file that is not there',
      'launch.ts',
      'import "./nowhere.js";',
      /imports "nowhere\.js", which is not there/,
      1,
      /spelling/,
    ],
    [
      'the same in ESM',
      'launch.mjs',
      'import "./nowhere.js";',
      /imports "nowhere\.js", which is not there/,
      undefined,
      /spelling/,
    ],
    [
      'import.meta in TypeScript',
      'launch.ts',
      `console.log(import.meta.url);\n${body('return 1')}`,
      /compiled to CommonJS, without import\.meta/,
      1,
      /__dirname/,
    ],
  ];
  it.each(launches)('launch: %s', async (_name, file, source, message, line, remedy) => {
    const dir = await makePackage(
      { 'launch.ts': null, [file]: source, 'helper.ts': '\nexport const = 1;' },
      'minimal-ts',
    );
    const { failed } = await tryPackage(dir);
    expect(failed, JSON.stringify(failed)).toMatchObject({ code: 'package' });
    expect(failed?.message).toMatch(message);
    expect(failed?.where?.line).toBe(line);
    expect(failed?.remedy ?? '').toMatch(remedy);
    expect(failed?.message).not.toContain(dir);
  });

  const schemas: [string, string, RegExp][] = [
    ['nothing exported', '', /expected PredictSchema.*nothing is exported/],
    [
      'predictSchema',
      'import Joi from "joi";\nexport const predictSchema = Joi.object({ data: Joi.any() });',
      /schema\.ts:2: .*found predictSchema/,
    ],
    [
      'an object',
      'export const PredictSchema = { data: "string" };',
      /schema\.ts:1: expected PredictSchema to be a joi schema; an object came/,
    ],
    ['a text', 'export const PredictSchema = "data";', /the text "data" came/],
    ['a string schema', 'import Joi from "joi";\nexport const PredictSchema = Joi.string();', /it describes: string/],
    [
      'no data',
      'import Joi from "joi";\nexport const PredictSchema = Joi.object({ image: Joi.string() });',
      /the key "data"; it has the keys image/,
    ],
    ['a syntax error', 'export const PredictSchema = (;', /schema\.ts:1: syntax error/],
  ];
  it.each(schemas)('schema: %s', async (_name, source, message) => {
    const { failed } = await tryPackage(await makePackage({ 'schema.ts': source }, 'minimal-ts'));
    expect(failed).toMatchObject({ code: 'package' });
    expect(failed?.message).toMatch(message);
  });

  it('says what is wrong with launch and schema at once', async () => {
    const { failed } = await tryPackage(await makePackage({ 'schema.ts': '', 'launch.ts': '' }, 'minimal-ts'));
    expect(failed?.message.split('\n').map((line) => line.split(':')[0])).toEqual([
      'launch.ts',
      'launch.ts',
      'schema.ts',
    ]);
  });
});

/** A launch.ts whose predict has this body, on line 3. */
function body(code: string): string {
  return `export const loadmodel = () => 1; export const preprocessing = () => false;\n\nexport function predict(): unknown { ${code} }`;
}
