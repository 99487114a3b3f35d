import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../runtime/package-root.js';
import { programsOrSkip } from '../support/programs.js';
import { above, type Block, blocks, blocksOf, placeOf } from './blocks.js';
import { makeSandbox, type Ran, type Sandbox, urlOf } from './sandbox.js';

const shell = programsOrSkip(['bash', 'curl'], 'the shell examples of the documentation');
const example = join(packageRoot, 'examples/shapes');
const [start] = blocksOf('sh', 'serve').filter(({ file }) => file === 'README.md') as [Block];

let sandbox: Sandbox;
let url: string;
/** A package's folder, with a picture of the user's in it: where the pages under docs/ are read. */
let folder: string;

/** Starts what the README says, word for word; only the port is another, and what it writes lies elsewhere. */
beforeAll(async () => {
  if (!shell) return;
  sandbox = makeSandbox({ PORT: '0', KATONIC_WORKERS: '1', KATONIC_ALLOW_HOST: '127.0.0.1' });
  sandbox.env.KATONIC_DATA_DIR = join(sandbox.dir, 'data');
  folder = join(sandbox.dir, 'package');
  mkdirSync(folder);
  cpSync(example, folder, { recursive: true, filter: (from) => !/\/(\.katonic|training|node_modules)$/.test(from) });
  cpSync(join(example, 'samples/star.jpg'), join(folder, 'picture.jpg'));
  url = await urlOf(sandbox.start(start.code, packageRoot));
}, 120_000);
afterAll(() => sandbox?.remove());

const asked = new Map<Block, Promise<Ran>>();

/** Runs a block once. The address is the one that is really served, and the picture on the web is one of the server's own. */
function run(block: Block): Promise<Ran> {
  const script = block.code
    .replaceAll('http://127.0.0.1:8080', url)
    .replaceAll('https://example.com/picture.jpg', `${url}/samples/star.jpg`);
  const ran = asked.get(block) ?? sandbox.run(script, block.file.startsWith('docs/') ? folder : packageRoot);
  asked.set(block, ran);
  return ran;
}

describe.skipIf(!shell)('what the documentation runs against a server', () => {
  it.each(blocksOf('sh', '').map((block) => [placeOf(block), block] as const))('%s', async (_, block) => {
    const { code, out, err } = await run(block);
    expect(code, `${block.code}\n${out}\n${err}`).toBe(0);
  });

  it.each(blocksOf('sh', 'refused').map((block) => [placeOf(block), block] as const))('%s', async (_, block) => {
    const { code, err } = await run(block);
    expect(code, err).toBe(22); // curl: the server refused
    expect(err).toMatch(/error: 4\d\d/);
  });
});

describe.skipIf(!shell)('the answers that are shown have the form of the real ones', () => {
  // What slow blocks print is compared in the slow tests.
  const shown = blocks.filter((block) => block.tag === 'answer' && above(block)?.tag !== 'slow');
  it.each(shown.map((block) => [placeOf(block), block] as const))('%s', async (_, block) => {
    const { out } = await run(above(block) as Block);
    if (block.language === 'json') expect(formOf(JSON.parse(block.code))).toEqual(formOf(JSON.parse(out)));
    else expect(out.trimEnd()).toBe(block.code);
  });
});

it.skipIf(!shell)('the first answer of the README is the real one', async () => {
  const shown = blocks.find(({ file, tag }) => file === 'README.md' && tag === 'answer') as Block;
  const said = JSON.parse(shown.code);
  const real = JSON.parse((await run(above(shown) as Block)).out);
  expect(real).toMatchObject({ predicted_label: said.predicted_label, predicted_class: said.predicted_class });
  expect(real.confidence).toBeCloseTo(said.confidence, 4);
});

/** Keys and kinds of values, in the same order; of lists the first value. */
function formOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, 1).map(formOf);
  if (value === null || typeof value !== 'object') return typeof value;
  return Object.entries(value).map(([key, inner]) => [key, formOf(inner)]);
}
