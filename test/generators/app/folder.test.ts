import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { defaultFolder, isOurs, nameFrom, parseFolder } from '../../../generators/app/folder.js';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'folder-'));
});
afterEach(() => rmSync(cwd, { recursive: true }));

it('takes a new or an empty folder, and one with nothing but traces of tools', () => {
  mkdirSync(join(cwd, '.git'));
  expect(parseFolder('.', cwd, false)).toBe(cwd);
  expect(parseFolder('new/one', cwd, false)).toBe(join(cwd, 'new', 'one'));
});

it('refuses a folder with other things in it, and names them', () => {
  for (const name of ['a.txt', 'b.txt', 'c.txt', 'd.txt']) writeFileSync(join(cwd, name), '');
  expect(() => parseFolder('.', cwd, false)).toThrow('the folder . is not empty (a.txt, b.txt, c.txt, and 1 more)');
  expect(parseFolder('.', cwd, true)).toBe(cwd);
});

it("takes a folder of its own again, but not another generator's", () => {
  writeFileSync(join(cwd, '.yo-rc.json'), '{"generator-other": {}}');
  expect(isOurs(cwd)).toBe(false);
  expect(() => parseFolder('.', cwd, false)).toThrow('is not empty (.yo-rc.json)');
  writeFileSync(join(cwd, '.yo-rc.json'), '{"generator-katonic-classifier": {}}');
  writeFileSync(join(cwd, 'launch.ts'), '');
  expect(isOurs(cwd)).toBe(true);
  expect(parseFolder('.', cwd, false)).toBe(cwd);
});

it('refuses a file and nothing', () => {
  writeFileSync(join(cwd, 'file'), '');
  expect(() => parseFolder('file', cwd, true)).toThrow('file is a file');
  expect(() => parseFolder(' ', cwd, false)).toThrow('expected a folder');
});

it('proposes a folder that is free', () => {
  expect(defaultFolder(cwd)).toBe('.');
  mkdirSync(join(cwd, 'image-classifier'));
  writeFileSync(join(cwd, 'image-classifier', 'x'), '');
  expect(defaultFolder(cwd)).toBe('image-classifier-2');
});

it.each([
  ['/x/My Shapes!', 'my-shapes'],
  ['/x/猫', 'image-classifier'],
  ['/', 'image-classifier'],
])('makes a name of %s', (folder, name) => {
  expect(nameFrom(folder)).toBe(name);
});
