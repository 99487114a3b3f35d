import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FORMAT, hashFolder, listFiles, MANIFEST } from '../../../runtime/bundle/manifest.js';
import { preparedFolder } from '../../../runtime/bundle/out.js';
import { verifyBundle } from '../../../runtime/bundle/verify.js';
import { writeZip } from '../../../runtime/bundle/zip.js';

describe('a bundle', () => {
  let root: string;
  let folder: string;
  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), 'katonic-verify-'));
    folder = join(root, 'bundle');
    put('launch.py', 'pass');
    put('app/é.js', 'x'.repeat(100_000));
    put('app/empty', '');
    const files = await hashFolder(folder, listFiles(folder));
    put(MANIFEST, JSON.stringify({ format: FORMAT, name: 'x', version: '1', versions: {}, files }));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  function put(path: string, text: string) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const zipped = async (name = 'x.zip') => {
    await writeZip(folder, listFiles(folder), join(root, name));
    return join(root, name);
  };
  const said = async (path: string) => (await verifyBundle(path)).map(({ rule, file }) => `${rule} ${file}`);

  it('is as its manifest says, as a folder and as a zip', async () => {
    expect(await said(folder)).toEqual([]);
    expect(await said(await zipped())).toEqual([]);
  });

  it('names each file that is missing, extra or changed', async () => {
    rmSync(join(folder, 'app/empty'));
    put('launch.py', 'PASS');
    put('app/new.js', '');
    const expected = ['bundle/missing app/empty', 'bundle/extra app/new.js', 'bundle/changed launch.py'];
    expect(await said(folder)).toEqual(expected);
    expect(await said(await zipped())).toEqual(expected);
  });

  it('zips to the same bytes whenever it is zipped', async () => {
    const first = readFileSync(await zipped('a.zip'));
    cpSync(folder, join(root, 'copy'), { recursive: true });
    await new Promise((resolve) => setTimeout(resolve, 10));
    await writeZip(join(root, 'copy'), listFiles(folder), join(root, 'b.zip'));
    expect(readFileSync(join(root, 'b.zip')).equals(first)).toBe(true);
  });

  it.each([
    ['nothing', 'nothing is there'],
    ['text.zip', 'is no bundle'],
    ['other.zip', 'it has no manifest.json'],
    ['folder', 'it has no manifest.json'],
    ['strange', 'does not say "format"'],
    ['broken', 'is not JSON'],
  ])('is not: %s', async (name, message) => {
    writeFileSync(join(root, 'text.zip'), 'no zip');
    await writeZip(folder, ['launch.py'], join(root, 'other.zip'));
    for (const [path, text] of [
      ['folder', undefined],
      ['strange', '{}'],
      ['broken', '{'],
    ] as const) {
      mkdirSync(join(root, path));
      if (text !== undefined) writeFileSync(join(root, path, MANIFEST), text);
    }
    await expect(verifyBundle(join(root, name))).rejects.toMatchObject({
      code: 'package',
      message: expect.stringContaining(message),
    });
  });

  it('says so where a zip is cut short or damaged', async () => {
    const path = await zipped();
    const whole = readFileSync(path);
    writeFileSync(path, whole.subarray(0, whole.length - 40));
    await expect(verifyBundle(path)).rejects.toMatchObject({ code: 'package' });
    const damaged = Buffer.from(whole);
    damaged.fill(0x55, 60, 80);
    writeFileSync(path, damaged);
    await expect(verifyBundle(path).then((findings) => expect(findings).not.toEqual([]))).rejects.toMatchObject({
      code: 'package',
    });
  });

  it('replaces an earlier one in a folder, and leaves the repository', async () => {
    put('.git/HEAD', 'ref');
    await preparedFolder(folder);
    expect(listFiles(folder)).toEqual(['.git/HEAD']);
  });

  it('never takes the place of files that are not of a bundle', async () => {
    put('mine.txt', 'mine');
    await expect(preparedFolder(folder)).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('mine.txt'),
    });
    rmSync(join(folder, MANIFEST));
    await expect(preparedFolder(folder)).rejects.toMatchObject({ code: 'usage' });
    expect(listFiles(folder)).toContain('mine.txt');
    await preparedFolder(join(root, 'fresh'));
    expect(listFiles(join(root, 'fresh'))).toEqual([]);
  });
});
