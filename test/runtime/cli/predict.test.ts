import { join } from 'node:path';
import { expect, it } from 'vitest';
import { makePackage } from '../launch/harness.js';
import { runCli } from './run-cli.js';

const LAUNCH = `
const { InputError } = require('generator-katonic-classifier/runtime');
exports.loadmodel = () => 1;
exports.preprocessing = () => false;
exports.predict = (data) => {
  const text = Buffer.from(data.split(',').pop(), 'base64').toString();
  if (text === 'bad') throw new InputError('bad pictures are refused');
  return { predicted_label: text.length, predicted_class: text, confidence: 0.875, probabilities: {} };
};`;

it('classifies files and folders in order, and says which were not', async () => {
  const pictures = Object.fromEntries(['a', 'bb', 'bad', 'dd', 'eee'].map((text, index) => [`p/${index}.png`, text]));
  const dir = await makePackage({ 'launch.cjs': LAUNCH, ...pictures, 'p/notes.txt': 'x' }, 'minimal-cjs');
  const args = ['predict', join(dir, 'p'), join(dir, 'p/0.png'), '--package', dir];
  const text = runCli(args);
  expect(await text.ended).toBe(1);
  const rows = text.output.out
    .trimEnd()
    .split('\n')
    .map((row) => row.replace(`${dir}/`, ''));
  expect(rows[0]).toBe('p/0.png  a (1)  87.5 %');
  expect(rows[2]).toMatch(/^p\/2\.png {2}error: bad pictures are refused/);
  expect(rows.map((row) => row.slice(0, 7))).toEqual([
    'p/0.png',
    'p/1.png',
    'p/2.png',
    'p/3.png',
    'p/4.png',
    'p/0.png',
  ]);

  const json = runCli([...args, '--json']);
  expect(await json.ended).toBe(1);
  const lines = json.output.out
    .trimEnd()
    .split('\n')
    .map((row) => JSON.parse(row) as Record<string, unknown>);
  expect(lines[1]).toMatchObject({ picture: join(dir, 'p/1.png'), answer: { predicted_class: 'bb' } });
  expect(lines[2]).toMatchObject({ error: { code: 'invalid_input', message: 'bad pictures are refused' } });
}, 60_000);

it('reports what is not there, and classifies the rest', async () => {
  const dir = await makePackage({ 'launch.cjs': LAUNCH, 'a.png': 'a', 'b.png': 'bb' }, 'minimal-cjs');
  const one = runCli(['predict', 'a.png', 'nope.jpg', 'b.png'], { cwd: dir });
  expect(await one.ended).toBe(1);
  const rows = one.output.out.trimEnd().split('\n');
  expect(rows[0]).toMatch(/^a\.png +a \(1\)/);
  expect(rows[1]).toMatch(/^nope\.jpg +error: .*there is nothing at nope\.jpg/);
  expect(rows.at(-1)).toMatch(/^b\.png +bb \(2\)/);

  const none = runCli(['predict', 'nope.jpg'], { cwd: dir });
  expect(await none.ended).toBe(2);
  expect(none.output.err).toMatch(/^error: .*there is nothing at nope\.jpg\n {2}fix: /);
}, 60_000);

it('says when there is nothing to classify', async () => {
  const dir = await makePackage({ 'empty/a.txt': '' }, 'minimal-cjs');
  const none = runCli(['predict', join(dir, 'empty'), '--package', dir]);
  expect(await none.ended).toBe(2);
  expect(none.output.err).toContain('expected pictures in the folder');
}, 60_000);

it('names the pictures of a folder that cannot be read', async () => {
  const launch = `
const { readImage } = require('generator-katonic-classifier/runtime');
exports.loadmodel = () => 1;
exports.preprocessing = (data) => readImage(data, { width: 8, height: 8 });
exports.predict = () => 'read';`;
  const schema = `exports.PredictSchema = require('joi').object({ data: require('joi').binary().required() });`;
  const heic = '\0\0\0\x18ftypheic\0\0\0\0mif1heic';
  const files = { 'launch.cjs': launch, 'schema.cjs': schema, 'p/a.heic': heic, 'p/b.bmp': 'BM', 'p/notes.txt': 'x' };
  const dir = await makePackage(files, 'minimal-cjs');
  const said = runCli(['predict', join(dir, 'p'), '--package', dir]);
  expect(await said.ended).toBe(1);
  const rows = said.output.out.replaceAll(`${dir}/`, '').trimEnd();
  expect(rows).toMatch(/^p\/a\.heic +error: HEIC pictures .* cannot be decoded here/m);
  expect(rows).toMatch(/^p\/b\.bmp +error: A JPEG/m);
  expect(rows).not.toContain('notes.txt');
}, 60_000);
