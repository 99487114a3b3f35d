import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readPackage, requirePackage } from '../../../runtime/launch/package.js';
import { fixtures, makePackage } from './harness.js';

describe('a package that is right', () => {
  it('is read with its names, codes, type and samples', async () => {
    const { pkg, findings } = await readPackage(join(fixtures, 'minimal-ts'));
    expect(findings).toEqual([]);
    expect(pkg).toMatchObject({
      dir: join(fixtures, 'minimal-ts'),
      name: 'minimal-ts',
      version: '1.0.0',
      modelType: 'binary',
      launchFile: join(fixtures, 'minimal-ts/launch.ts'),
      schemaFile: join(fixtures, 'minimal-ts/schema.ts'),
      samples: [join(fixtures, 'minimal-ts/samples/square.png')],
      labels: {
        codes: [0, 1],
        classes: [
          { name: 'even', code: 0 },
          { name: 'odd', code: 1 },
        ],
      },
    });
  });

  it('may do without katonic.json: the codes are the names, their number gives the type', async () => {
    const pkg = await requirePackage(join(fixtures, 'minimal-cjs'));
    expect(pkg.name).toBe('minimal-cjs');
    expect(pkg.modelType).toBe('binary');
    expect(pkg.labels.classes).toEqual([
      { name: '1', code: 1 },
      { name: '2', code: 2 },
    ]);
    const three = await makePackage({ 'labels_file.json': '{"labels":[1,2,3]}' }, 'minimal-cjs');
    expect((await requirePackage(three)).modelType).toBe('multi-class');
  });

  it('needs no labels when its model type is others', async () => {
    const pkg = await requirePackage(join(fixtures, 'minimal-mjs'));
    expect(pkg.modelType).toBe('others');
    expect(pkg.labels.codes).toEqual([]);
  });

  it.each(['ts', 'js', 'mjs', 'cjs', 'mts', 'cts'])('may hold its code in .%s files', async (extension) => {
    const dir = await makePackage({
      [`launch.${extension}`]: '',
      [`schema.${extension}`]: '',
      'labels_file.json': '{"labels":[0,1]}',
    });
    const { pkg } = await readPackage(dir);
    expect(basename(pkg?.launchFile ?? '')).toBe(`launch.${extension}`);
  });

  it('takes labels that are text, with a warning', async () => {
    const dir = await makePackage(
      { 'labels_file.json': '{"labels":["cat","dog"]}', 'katonic.json': null },
      'minimal-ts',
    );
    const { pkg, findings } = await readPackage(dir);
    expect(pkg?.labels.codes).toEqual(['cat', 'dog']);
    expect(findings).toMatchObject([{ severity: 'warning', rule: 'labels/strings', file: 'labels_file.json' }]);
  });

  it('is named after its folder where there is no package.json, with a warning', async () => {
    const dir = await makePackage({ 'package.json': null }, 'minimal-ts');
    const { pkg, findings } = await readPackage(dir);
    expect(pkg?.name).toBe(basename(dir));
    expect(findings).toMatchObject([{ severity: 'warning', rule: 'package/no-manifest' }]);
  });

  it('takes as samples what can be read, and names the pictures that cannot', async () => {
    const pictures = { 'samples/a.bmp': 'BM', 'samples/b.png': 'x', 'samples/c.HEIC': 'x', 'samples/notes.txt': 'x' };
    const { pkg, findings } = await readPackage(await makePackage(pictures, 'minimal-ts'));
    expect(pkg?.samples.map((file) => basename(file))).toEqual(['b.png', 'square.png']);
    expect(findings).toMatchObject([
      {
        severity: 'warning',
        rule: 'samples/format',
        message: expect.stringMatching(/^samples\/a\.bmp, samples\/c\.HEIC /),
      },
    ]);
  });

  it('reads classes as a list too, the same as the object form', async () => {
    const classes = [
      { name: '10', code: 0 },
      { name: '2', code: 1 },
    ];
    const dir = await makePackage({ 'katonic.json': JSON.stringify({ modelType: 'binary', classes }) }, 'minimal-ts');
    expect((await requirePackage(dir)).labels.classes).toEqual(classes);
  });

  it('keeps text of other alphabets, quotes and spaces in class names', async () => {
    const classes = { 'Grüne "Äpfel"': 0, 梨: 1, __proto: 2 };
    const dir = await makePackage(
      {
        'katonic.json': JSON.stringify({ modelType: 'multi-class', classes }),
        'labels_file.json': '{"labels":[2,1,0]}',
      },
      'minimal-ts',
    );
    const { labels } = await requirePackage(dir);
    expect(labels.classes.map(({ name }) => name)).toEqual(['__proto', '梨', 'Grüne "Äpfel"']);
  });
});

const labels = (text: string, katonic: string | null = null) => ({ 'labels_file.json': text, 'katonic.json': katonic });

const wrong: [string, Record<string, string | null>, string, RegExp][] = [
  ['no launch file', { 'launch.ts': null }, 'launch/missing', /expected launch\.ts .* found/],
  ['only launch.py', { 'launch.ts': null, 'launch.py': '' }, 'launch/missing', /only launch\.py is there/],
  ['Launch.ts', { 'launch.ts': null, 'Launch.ts': '' }, 'launch/missing', /Launch\.ts is there/],
  ['two launch files', { 'launch.js': '' }, 'launch/two-files', /launch\.ts and launch\.js/],
  ['no schema', { 'schema.ts': null }, 'schema/missing', /expected schema\.ts/],
  ['two schemas', { 'schema.mjs': '' }, 'schema/two-files', /schema\.ts and schema\.mjs/],
  ['broken package.json', { 'package.json': '{' }, 'package/json', /expected JSON/],
  ['no labels', { 'labels_file.json': null }, 'labels/missing', /expected labels_file\.json/],
  ['labels that are no JSON', labels("{'labels': [0,1]}"), 'labels/json', /expected JSON/],
  ['a bare list', labels('[0, 1]'), 'labels/form', /expected \{"labels": \[\.\.\.\]\}/],
  ['null', labels('null'), 'labels/form', /expected/],
  ['labels as an object', labels('{"labels":{"a":1}}'), 'labels/form', /a list of codes/],
  ['no label', labels('{"labels":[]}'), 'labels/count', /at least two labels are needed; 0 came/],
  ['one label', labels('{"labels":[1]}'), 'labels/count', /1 came/],
  ['a label twice', labels('{"labels":[1,2,1]}'), 'labels/unique', /twice: 1/],
  ['1 and "1"', labels('{"labels":[1,"1"]}'), 'labels/unique', /twice: "1"/],
  ['a fraction', labels('{"labels":[0.5,1]}'), 'labels/kind', /0\.5 came/],
  ['a null label', labels('{"labels":[null,1]}'), 'labels/kind', /null came/],
  ['a truth value', labels('{"labels":[true,false]}'), 'labels/kind', /true, false came/],
  ['an empty text', labels('{"labels":["","a"]}'), 'labels/kind', /"" came/],
  ['beyond 2^53', labels('{"labels":[9007199254740993,1]}'), 'labels/kind', /came/],
  [
    'binary with three',
    labels('{"labels":[0,1,2]}', '{"modelType":"binary"}'),
    'labels/binary',
    /exactly two labels; 3 came/,
  ],
  [
    'multi-class with two',
    labels('{"labels":[0,1]}', '{"modelType":"multi-class"}'),
    'labels/multi-class',
    /more than two/,
  ],
  ['broken katonic.json', { 'katonic.json': '{"modelType": "binary",}' }, 'katonic/json', /expected JSON/],
  ['katonic.json as a list', { 'katonic.json': '[]' }, 'katonic/content', /object/],
  [
    'an unknown model type',
    { 'katonic.json': '{"modelType":"regression"}' },
    'katonic/content',
    /binary, multi-class, others/,
  ],
  ['a code that is an object', { 'katonic.json': '{"classes":{"a":{},"b":1}}' }, 'katonic/content', /classes\.a/],
  [
    'a code without label',
    { 'katonic.json': '{"classes":{"a":0,"b":7}}' },
    'katonic/classes',
    /the code 7 of "b" is not in labels_file\.json/,
  ],
  [
    'a label without name',
    labels('{"labels":[0,1,2]}', '{"classes":{"a":0,"b":1}}'),
    'katonic/classes',
    /label 2 .* has no name/,
  ],
  [
    'two names for a code',
    { 'katonic.json': '{"classes":{"a":0,"b":0,"c":1}}' },
    'katonic/classes',
    /"a" and "b" have the same code 0/,
  ],
];

describe('a package that is wrong', () => {
  it.each(wrong)('%s', async (_name, files, rule, message) => {
    const { pkg, findings } = await readPackage(await makePackage(files, 'minimal-ts'));
    expect(pkg).toBeUndefined();
    const found = findings.find((finding) => finding.rule === rule);
    expect(found, JSON.stringify(findings)).toMatchObject({ severity: 'error' });
    expect(found?.message).toMatch(message);
    expect(found?.remedy).toBeTruthy();
  });

  it('says what stands in the place of the folder', async () => {
    const dir = await makePackage({ file: '' });
    expect((await readPackage(join(dir, 'nothing'))).findings[0]?.message).toContain('there is nothing');
    expect((await readPackage(join(dir, 'file'))).findings[0]?.message).toContain('there is a file');
  });

  it('throws one error that lists everything', async () => {
    const dir = await makePackage(
      { 'schema.ts': null, 'labels_file.json': '{"labels":[1]}', 'katonic.json': null },
      'minimal-ts',
    );
    await expect(requirePackage(dir)).rejects.toMatchObject({
      code: 'package',
      message: expect.stringMatching(/expected schema\.ts[\s\S]*at least two labels/),
    });
  });

  it('reads files with a byte order mark', async () => {
    const dir = await makePackage({}, 'minimal-ts');
    await writeFile(join(dir, 'labels_file.json'), '\uFEFF{"labels":[0,1]}');
    expect((await requirePackage(dir)).labels.codes).toEqual([0, 1]);
  });
});
