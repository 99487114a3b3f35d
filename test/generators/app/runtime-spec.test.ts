import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { fromRegistry, ownManifest } from '../../../generators/app/runtime-spec.js';
import { packageRoot } from '../../../runtime/package-root.js';

let modules: string;
beforeEach(() => {
  modules = join(mkdtempSync(join(tmpdir(), 'modules-')), 'node_modules');
  mkdirSync(modules);
});
afterEach(() => rmSync(dirname(modules), { recursive: true }));

/** npm's record of the packages in a node_modules folder, with one entry in the form that npm writes. */
function recorded(entry: object): boolean {
  const packages = { 'node_modules/generator-katonic-classifier': entry };
  writeFileSync(join(modules, '.package-lock.json'), JSON.stringify({ lockfileVersion: 3, packages }));
  return fromRegistry(join(modules, 'generator-katonic-classifier'), '1.2.3');
}

const integrity = 'sha512-x';

it('is an exact version where npm recorded a registry', () => {
  const resolved = 'https://registry.example/generator-katonic-classifier/-/generator-katonic-classifier-1.2.3.tgz';
  expect(recorded({ version: '1.2.3', resolved, integrity })).toBe(true);
  expect(recorded({ version: '1.2.3', integrity })).toBe(true);
  expect(recorded({ version: '1.2.4', resolved, integrity })).toBe(false);
  expect(recorded({ version: '1.2.3', resolved })).toBe(false);
});

it('is a tarball where npm recorded anything else, or nothing', () => {
  expect(recorded({ version: '1.2.3', resolved: 'file:../generator.tgz', integrity })).toBe(false);
  expect(recorded({ version: '1.2.3', resolved: 'https://example/files/generator-1.2.3.tgz', integrity })).toBe(false);
  expect(recorded({ version: '1.2.3', resolved: 'git+ssh://git@example/x.git#abc', integrity })).toBe(false);
  expect(recorded({ resolved: '../checkout', link: true })).toBe(false);
  rmSync(join(modules, '.package-lock.json'));
  expect(fromRegistry(join(modules, 'generator-katonic-classifier'), '1.2.3')).toBe(false);
  expect(fromRegistry(packageRoot, ownManifest().version)).toBe(false);
});

it('reads the record that npm really writes', () => {
  const name = 'yeoman-generator';
  const { version } = ownRecord(name);
  expect(fromRegistry(join(packageRoot, 'node_modules', name), version, name)).toBe(true);
});

function ownRecord(name: string): { version: string } {
  return JSON.parse(readFileSync(join(packageRoot, 'node_modules', name, 'package.json'), 'utf8'));
}
