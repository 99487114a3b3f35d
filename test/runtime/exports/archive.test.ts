import { createWriteStream, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { ZipFile } from 'yazl';
import { readExport } from '../../../runtime/exports/index.js';
import { exportsFolder } from './parity.js';

const work = mkdtempSync(join(tmpdir(), 'archives-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

const layers = join(exportsFolder, 'tfjs-layers');

async function zip(name: string, fill: (zip: ZipFile) => void): Promise<string> {
  const file = new ZipFile();
  fill(file);
  file.end();
  const path = join(work, name);
  await pipeline(file.outputStream, createWriteStream(path));
  return path;
}

function addFolder(file: ZipFile, folder: string, below: string): void {
  for (const name of readdirSync(folder)) file.addFile(join(folder, name), `${below}${name}`);
}

function addNames(file: ZipFile, names: readonly string[]): void {
  for (const name of names) file.addBuffer(Buffer.from('{}'), name);
}

function refusal(path: string): Promise<unknown> {
  return readExport(path).then(
    () => 'nothing was thrown',
    (error: unknown) => error,
  );
}

function unpackedFolders(): string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith('katonic-model-'));
}

describe('zips', () => {
  test.each([
    ['its files at the top', ''],
    ['one folder', 'my model/'],
    ['folders in a folder', 'a/b/c/'],
  ])('with %s are read, and gone afterwards', async (_, below) => {
    const path = await zip(`good-${below.length}.zip`, (file) => {
      addFolder(file, layers, below);
      file.addBuffer(Buffer.from('junk'), '__MACOSX/._model.json');
      file.addBuffer(Buffer.from('junk'), `${below}.DS_Store`);
    });
    const reading = await readExport(path);
    expect(reading.classNames).toEqual(['rock', 'paper', 'scissors']);
    expect(reading.files.map(({ to }) => to)).toEqual(['model.json', 'group1-shard1of1.bin']);
    const { from } = reading.files[0]!;
    expect(readFileSync(from)).toEqual(readFileSync(join(layers, 'model.json')));
    await reading.dispose();
    expect(existsSync(dirname(from))).toBe(false);
  });

  test('of a Hugging Face folder keep the graph in onnx/', async () => {
    const folder = join(exportsFolder, 'huggingface-quantised');
    const path = await zip('hf.zip', (file) => {
      for (const name of ['config.json', 'preprocessor_config.json', 'onnx/model_quantized.onnx'])
        file.addFile(join(folder, name), `vit/${name}`);
    });
    const reading = await readExport(path);
    expect(reading).toMatchObject({ kind: 'huggingface-onnx', modelFile: 'model_quantized.onnx' });
    await reading.dispose();
  });

  test('with a path out of the folder are refused, and write nothing there', async () => {
    // yazl refuses to write such a name, so it is put into the bytes of a harmless one of the same length.
    const path = await zip('escape.zip', (file) => file.addBuffer(Buffer.from('x'), 'aaaaaa-escaped.json'));
    const bytes = Buffer.from(
      readFileSync(path).toString('latin1').replaceAll('aaaaaa-escaped', '../../-escaped'),
      'latin1',
    );
    writeFileSync(path, bytes);
    expect(await refusal(path)).toMatchObject({
      code: 'package',
      message: expect.stringMatching(/invalid relative path/),
    });
  });

  test.each<[string, (file: ZipFile) => void, RegExp]>([
    [
      'a link',
      (file) => file.addBuffer(Buffer.from('/etc/passwd'), 'model.json', { mode: 0o120777 }),
      /model\.json in it is a symbolic link/,
    ],
    ['a zip inside', (file) => file.addBuffer(Buffer.from('PK'), 'model.zip'), /holds another zip: model\.zip/],
    ['nothing inside', () => undefined, /is an empty folder/],
    ['a bomb', (file) => file.addBuffer(Buffer.alloc(64 * 2 ** 20), 'weights.bin'), /more than 200 times its size/],
    [
      'too many files',
      (file) => {
        for (let number = 0; number <= 5_000; number++) file.addBuffer(Buffer.alloc(0), `${number}.txt`);
      },
      /5001 entries, at most 5000/,
    ],
    [
      'a PyTorch file',
      (file) => addNames(file, ['archive/data.pkl', 'archive/version', 'archive/data/0']),
      /PyTorch file.*would run code/,
    ],
    [
      'a .keras file',
      (file) => addNames(file, ['config.json', 'metadata.json', 'model.weights.h5']),
      /a Keras file \(\.keras\)/,
    ],
  ])('with %s are refused', async (name, fill, message) => {
    const path = await zip(`bad ${name}.zip`, fill);
    expect(await refusal(path)).toMatchObject({
      code: 'package',
      message: expect.stringMatching(message),
      remedy: expect.any(String),
    });
  });

  test('with a password are refused', async () => {
    const path = await zip('password.zip', (file) => file.addBuffer(Buffer.from('secret secret'), 'model.json'));
    const bytes = readFileSync(path);
    // The flag of encryption, in the local and in the central header.
    bytes.writeUInt16LE(bytes.readUInt16LE(6) | 1, 6);
    const central = bytes.indexOf('PK\x01\x02', 0, 'latin1');
    bytes.writeUInt16LE(bytes.readUInt16LE(central + 8) | 1, central + 8);
    writeFileSync(path, bytes);
    expect(await refusal(path)).toMatchObject({ message: expect.stringMatching(/model\.json in .* has a password/) });
  });

  test('that are damaged are refused', async () => {
    const path = await zip('damaged.zip', (file) =>
      file.addBuffer(Buffer.from('{"modelTopology": 1}'), 'model.json', { compress: false }),
    );
    const bytes = readFileSync(path);
    writeFileSync(path, Buffer.from(bytes.toString('latin1').replace('modelTopology', 'modelTopolofy'), 'latin1'));
    expect(await refusal(path)).toMatchObject({ message: expect.stringMatching(/wrong checksum/) });
    writeFileSync(path, bytes.subarray(0, bytes.length - 30));
    expect(await refusal(path)).toMatchObject({ message: expect.stringMatching(/cannot be unpacked/) });
  });

  test('that are refused leave nothing behind', async () => {
    const before = unpackedFolders();
    await refusal(join(work, 'bad a zip inside.zip'));
    expect(unpackedFolders()).toEqual(before);
  });
});
