import { createWriteStream, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ZipFile } from 'yazl';
import { cases, expected, exportsFolder, pictures } from '../runtime/exports/parity.js';
import { type Served, serveFixture } from '../support/serve.js';
import { browserAnswers } from './browser.js';
import { filesIn, scaffold } from './scaffolding.js';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'scaffolded-exports-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const types: Readonly<Record<string, string>> = { png: 'image/png', jpg: 'image/jpeg', webp: 'image/webp' };

/** One probability for each class, in the order of katonic.json. */
async function answered(served: Served, dir: string, picture: string): Promise<number[]> {
  const response = await served.predict(undefined, {
    headers: { 'content-type': types[picture.slice(picture.lastIndexOf('.') + 1)] as string },
    body: readFileSync(picture),
  });
  const answer = (await response.json()) as { probabilities: Record<string, number>; predicted_label: number };
  expect(response.status, JSON.stringify(answer)).toBe(200);
  const { classes } = JSON.parse(readFileSync(join(dir, 'katonic.json'), 'utf8')) as {
    classes: { name: string; code: number }[];
  };
  const values = classes.map(({ name }) => answer.probabilities[name] as number);
  expect(answer.predicted_label).toBe(classes[top(values)]?.code);
  return values;
}

function top(values: readonly number[]): number {
  return values.indexOf(Math.max(...values));
}

/** The largest difference so far, which docs/images.md gives for real photographs. */
let largest = 0;

function agrees(ours: readonly number[], theirs: readonly number[], tolerance: number, what: string): void {
  const off = Math.max(...theirs.map((value, index) => Math.abs(value - (ours[index] as number))));
  largest = Math.max(largest, off);
  expect.soft(ours.length, what).toBe(theirs.length);
  expect.soft(off, `${what}: ${theirs} against ${ours}`).toBeLessThanOrEqual(tolerance);
  expect.soft(top(ours), what).toBe(top(theirs));
}

it('has every export that stands in the fixtures', () => {
  const notExports = ['make', 'pictures', 'reference', 'refused-onnx', 'sklearn-rows'];
  const folders = readdirSync(exportsFolder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !notExports.includes(entry.name))
    .map(({ name }) => name);
  expect(Object.keys(cases).sort()).toEqual(folders.sort());
});

describe('scaffolded by flags and by questions, served over HTTP, it answers as its own tool does', () => {
  it.each(Object.entries(cases))('%s', async (name, { tolerance, answers = {} }) => {
    const model = join(exportsFolder, name);
    const said = Object.fromEntries(Object.entries(answers).map(([field, value]) => [field, String(value)]));
    await scaffold(join(root, name, 'flags'), { yes: true, folder: 'package', model, ...said });
    const asked = await scaffold(join(root, name, 'questions'), {}, { folder: 'package', model, ...said });
    expect(asked).toEqual(expect.arrayContaining(['folder', 'name', 'model', 'codes', ...Object.keys(said)]));

    const dir = join(root, name, 'flags', 'package');
    const typed = filesIn(join(root, name, 'questions', 'package'));
    const flagged = filesIn(dir);
    expect([...typed.keys()]).toEqual([...flagged.keys()]);
    for (const [path, content] of flagged) {
      if (path === '.yo-rc.json') expect(JSON.parse(String(typed.get(path)))).toEqual(JSON.parse(String(content)));
      else expect(typed.get(path)?.equals(content), path).toBe(true);
    }

    const served = await serveFixture(dir);
    try {
      for (const picture of pictures) {
        const ours = await answered(served, dir, join(exportsFolder, 'pictures', picture));
        agrees(ours, expected(name, picture), tolerance, `${name} ${picture}`);
      }
    } finally {
      await served.close();
    }
    rmSync(join(root, name), { recursive: true, force: true });
  });
});

it('a zip, scaffolded by questions, answers as the tool of what is in it', async () => {
  const name = 'teachable-machine';
  const zip = new ZipFile();
  for (const [path, content] of filesIn(join(exportsFolder, name))) zip.addBuffer(content, path);
  zip.end();
  const model = join(root, 'export.zip');
  await pipeline(zip.outputStream, createWriteStream(model));
  const asked = await scaffold(root, {}, { folder: 'zipped', model });
  expect(asked).toEqual(['folder', 'name', 'description', 'model', 'codes']);
  const dir = join(root, 'zipped');
  const served = await serveFixture(dir);
  try {
    for (const picture of pictures) {
      const ours = await answered(served, dir, join(exportsFolder, 'pictures', picture));
      agrees(ours, expected(name, picture), cases[name]?.tolerance as number, `${name} ${picture}`);
    }
  } finally {
    await served.close();
  }
});

/** Two pictures of this model are faster than the decoding of a third, so nothing would ever wait. */
function slowly(_: string, name: string, batch: string | undefined, parameters: string): string {
  const told = batch === undefined ? 'a run of one' : 'a run of several';
  const wait = 'await new Promise((resolve) => setTimeout(resolve, 100));';
  return `${name}(${parameters}, logger: Logger) {\n  logger.info('${told}');\n  ${wait}`;
}

it('answers pictures that wait in one run as it answers each alone, where TensorFlow.js is the engine', async () => {
  await scaffold(root, { yes: true, folder: 'batches', model: join(exportsFolder, 'teachable-machine') });
  const dir = join(root, 'batches');
  const launch = readFileSync(join(dir, 'launch.ts'), 'utf8');
  writeFileSync(
    join(dir, 'launch.ts'),
    launch.replaceAll(/(export async function predict(Batch)?)\((.*)\) \{/g, slowly),
  );
  const served = await serveFixture(dir, { engine: 'tfjs' });
  const paths = pictures.map((picture) => join(exportsFolder, 'pictures', picture));
  try {
    const alone: number[][] = [];
    for (const path of paths) alone.push(await answered(served, dir, path));
    const many = Array.from({ length: 20 }, (_, index) => index % paths.length);
    const together = await Promise.all(many.map((index) => answered(served, dir, paths[index] as string)));
    for (const [place, values] of together.entries()) {
      agrees(values, alone[many[place] as number] as number[], 1e-5, `picture ${place}`);
    }
    expect(served.logger.lines.map(({ message }) => message)).toContain('a run of several');
  } finally {
    await served.close();
  }
});

const { KATONIC_TEST_DATA: data } = process.env;

it.skipIf(data === undefined)('a real Teachable Machine export answers real photographs as in a browser', async () => {
  const model = join(data as string, 'teachable-machine');
  await scaffold(root, { yes: true, folder: 'real', model });
  const dir = join(root, 'real');
  const photographs = readdirSync(data as string, { recursive: true, encoding: 'utf8' })
    .filter((name) => /^images\/.|^trashnet\/[a-z]+\/[a-z]+_\d\d?\.jpg$/.test(name))
    .map((name) => join(data as string, name));
  expect(photographs.length).toBeGreaterThan(20);
  const theirs = await browserAnswers(model, photographs);
  const served = await serveFixture(dir);
  largest = 0;
  try {
    for (const [index, photograph] of photographs.entries()) {
      agrees(await answered(served, dir, photograph), theirs[index] as number[], 0.02, photograph);
    }
    if (process.env.SHOW) console.log(`${photographs.length} photographs, at most ${largest.toFixed(4)} apart`);
  } finally {
    await served.close();
  }
});
