import { execFileSync } from 'node:child_process';
import { cpSync, createWriteStream, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ZipFile } from 'yazl';
import { packageRoot } from '../../runtime/package-root.js';
import { type Block, blocks, blocksOf, placeOf } from './blocks.js';
import { makeSandbox, type Sandbox } from './sandbox.js';

const fixtures = join(packageRoot, 'test/fixtures/exports');
const npm = (process.env.PATH ?? '')
  .split(delimiter)
  .map((folder) => join(folder, 'npm'))
  .find((file) => existsSync(file)) as string;

let sandbox: Sandbox;
/** The scaffold that the README makes; the pages under docs/ are read in it. */
let scaffold: string;
/** Where docs/scaffold.md is tried. */
let empty: string;

/**
 * The package is not published, so npm gets the tarball of this checkout in its place; its generator takes the default of
 * every question, since nobody is there to answer; and a server stops once it serves, so that the next line is reached.
 */
beforeAll(() => {
  sandbox = makeSandbox({ PORT: '0', NPM: npm });
  const { dir, env } = sandbox;
  env.npm_config_prefix = join(dir, 'global');
  execFileSync(npm, ['pack', packageRoot, '--ignore-scripts', '--silent', '--pack-destination', dir], { env });
  const tarball = join(dir, readdirSync(dir).find((name) => name.endsWith('.tgz')) as string);
  const generator = `exec ${join(dir, 'global/bin/generator-katonic-classifier')} "$@" --yes --force $SCAFFOLD_FLAGS`;
  env.SCAFFOLD_FLAGS = '';
  sandbox.command('yo', `#!/bin/sh\n[ "$1" = katonic-classifier ] || exit 64\nshift\n${generator}\n`);
  sandbox.command(
    'npx',
    `#!/bin/sh\nif [ "$1" = generator-katonic-classifier ]; then shift; ${generator}; fi\nexec "$(dirname "$NPM")/npx" --no-install "$@"\n`,
  );
  sandbox.command(
    'npm',
    `#!/bin/bash
if [ "$1 $2" = 'run serve' ]; then exec ${JSON.stringify(process.execPath)} ${fileURLToPath(new URL('serve-once.js', import.meta.url))}; fi
words=()
for word in "$@"; do
  if [ "$word" = generator-katonic-classifier ]; then word=${JSON.stringify(tarball)}; fi
  words+=("$word")
done
exec "$NPM" "\${words[@]}"
`,
  );

  const readme = join(dir, 'readme');
  cpSync(join(fixtures, 'teachable-machine'), join(readme, 'path/to/your/export'), { recursive: true });
  scaffold = join(readme, 'my-classifier');
  empty = join(dir, 'empty');
  mkdirSync(empty);
});
afterAll(() => sandbox?.remove());

/** Runs a block to its end; the text that is shown below it has to be in what it prints. */
async function run(block: Block, cwd: string): Promise<void> {
  const { code, out, err } = await sandbox.run(block.code, cwd, 590_000);
  expect(code, `${block.code}\n${out}\n${err}`).toBe(0);
  const shown = blocks[blocks.indexOf(block) + 1];
  if (shown?.file === block.file && shown.tag === 'answer') expect(out).toContain(shown.code);
}

const named = (list: readonly Block[]) => list.map((block) => [placeOf(block), block] as const);
const slow = blocksOf('sh', 'slow');
const apart = ['README.md', 'docs/scaffold.md', 'examples/shapes/README.md'];

describe('the README, one block after the other, makes a package that does all it says', () => {
  it.each(named(slow.filter(({ file }) => file === 'README.md')))('%s', async (_, block) => {
    await run(block, dirname(scaffold));
  });
});

describe('the other pages, in that package', () => {
  it.each(named(slow.filter(({ file }) => !apart.includes(file))))('%s', async (_, block) => {
    await run(block, scaffold);
  });
});

describe('docs/scaffold.md, without the installs', () => {
  it.each(named(slow.filter(({ file }) => file === 'docs/scaffold.md')))('%s', async (_, block) => {
    sandbox.env.SCAFFOLD_FLAGS = '--skip-install';
    // Run again is run in a package's folder: the first one that the page makes.
    const again = block.code.includes('--model ./my-export');
    const cwd = again ? empty : block.code.startsWith('npm install -g') ? empty : join(sandbox.dir, String(block.line));
    mkdirSync(cwd, { recursive: true });
    if (again) cpSync(join(fixtures, 'teachable-machine'), join(cwd, 'my-export'), { recursive: true });
    if (block.code.includes('export.zip'))
      await zipFolder(join(fixtures, 'teachable-machine'), join(cwd, 'export.zip'));
    if (block.code.includes('birds.onnx')) {
      cpSync(join(fixtures, 'pytorch-log-softmax/model.onnx'), join(cwd, 'birds.onnx'));
      writeFileSync(join(cwd, 'names.txt'), 'barn owl\ntawny owl\nlittle owl\n');
    }
    await run(block, cwd);
    sandbox.env.SCAFFOLD_FLAGS = '';
  });
});

describe('the example', () => {
  it.each(named(slow.filter(({ file }) => file === 'examples/shapes/README.md')))('%s', async (_, block) => {
    await run(block, join(packageRoot, 'examples/shapes'));
  });
});

async function zipFolder(folder: string, file: string): Promise<void> {
  const zip = new ZipFile();
  for (const name of readdirSync(folder)) zip.addFile(join(folder, name), name);
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(file));
}
