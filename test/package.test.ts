import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { packageRoot } from '../runtime/package-root.js';

const copy = mkdtempSync(join(tmpdir(), 'published-'));
afterAll(() => rmSync(copy, { recursive: true, force: true }));

/** What npm would publish of a folder: its paths, sorted. */
function published(folder: string): string[] {
  const said = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts', '--silent'], {
    cwd: folder,
    encoding: 'utf8',
  });
  // A list up to npm 11, by name from npm 12 on.
  const [pack] = Object.values(JSON.parse(said)) as { files: { path: string }[] }[];
  return (pack?.files ?? []).map(({ path }) => path).sort();
}

describe('what npm publishes', { timeout: 120_000 }, () => {
  test('of the example: its sources and nothing that was written by serving or packaging it', () => {
    cpSync(join(packageRoot, 'package.json'), join(copy, 'package.json'));
    cpSync(join(packageRoot, '.gitignore'), join(copy, '.gitignore'));
    const kept = ['README.md', 'launch.ts', 'model/weights.bin', 'samples/circle.jpg', 'training/train.js'];
    const local = [
      '.katonic/feedback.db',
      '.katonic/pictures/1.jpg',
      '.env',
      'shapes-0.1.0.zip',
      'node_modules/a/a.js',
    ];
    for (const path of [...kept, ...local]) {
      const file = join(copy, 'examples', 'shapes', path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, 'x');
    }
    expect(published(copy)).toEqual(['package.json', ...kept.map((path) => `examples/shapes/${path}`)].sort());
  });

  test('of this checkout: no more than the folders that are named', () => {
    const paths = published(packageRoot);
    const named = /^(dist|templates|examples\/shapes|generators\/app\/index\.js|labels_file\.json|\.npmrc)/;
    const usual = ['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json'];
    expect(paths.filter((path) => !named.test(path) && !usual.includes(path))).toEqual([]);
    expect(paths.filter((path) => /(^|\/)(\.katonic|\.env|node_modules)(\/|$)|\.(db|zip|tgz)$/.test(path))).toEqual([]);
    const needed = ['dist/runtime/cli/cli.js', 'templates/base/_npmrc', 'examples/shapes/model/weights.bin'];
    expect(paths).toEqual(expect.arrayContaining([...needed, ...usual]));
  });
});
