import { expect, it } from 'vitest';
import { manifestText, merge } from '../../../generators/app/manifest.js';

it('merges parts within each other, the later value standing', () => {
  const merged = merge(
    { scripts: { a: '1', b: '2' }, files: ['x'], name: 'one' },
    { scripts: { b: '3' }, files: ['y'], name: 'two' },
  );
  expect(merged).toEqual({ scripts: { a: '1', b: '3' }, files: ['y'], name: 'two' });
});

it('writes fields in the usual order, dependencies by name and scripts as they come', () => {
  const text = manifestText({
    zzz: 1,
    dependencies: { b: '1', a: '1' },
    scripts: { serve: 's', golden: 'g' },
    version: '1.0.0',
    name: 'x',
  });
  expect(Object.keys(JSON.parse(text))).toEqual(['name', 'version', 'scripts', 'dependencies', 'zzz']);
  expect(Object.keys(JSON.parse(text).dependencies)).toEqual(['a', 'b']);
  expect(Object.keys(JSON.parse(text).scripts)).toEqual(['serve', 'golden']);
  expect(text.endsWith('}\n')).toBe(true);
});
