import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fileTree } from '../../../../runtime/bundle/sources/file-tree.js';

describe.skipIf(process.platform === 'win32')('the files of a package', () => {
  let root: string;
  let folder: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'katonic-tree-'));
    folder = join(root, 'package');
    mkdirSync(join(folder, 'model'), { recursive: true });
    writeFileSync(join(folder, 'model', 'weights.bin'), 'x');
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const tree = (...paths: string[]) => {
    const { files, findings } = fileTree(folder, paths);
    return { files, messages: findings.map(({ message }) => message) };
  };
  const put = (name: string | Buffer) =>
    writeFileSync(Buffer.concat([Buffer.from(join(folder, 'model/')), Buffer.from(name)]), 'x');

  it('are listed with folders opened; what is not there is passed over', () => {
    put('Sternchen \u2605 \u00fc.txt');
    expect(tree('model', 'samples', 'katonic.json')).toEqual({
      files: ['model/Sternchen \u2605 \u00fc.txt', 'model/weights.bin'],
      messages: [],
    });
  });

  it('follow a link inside the package', () => {
    symlinkSync('weights.bin', join(folder, 'model', 'same.bin'));
    expect(tree('model').files).toContain('model/same.bin');
    expect(tree('model').messages).toEqual([]);
  });

  it('never leave the package by a link, of a file, of a folder or of a whole model/', () => {
    mkdirSync(join(root, 'private'));
    writeFileSync(join(root, 'private', 'secret.txt'), 'x');
    symlinkSync('../../private/secret.txt', join(folder, 'model', 'file'));
    symlinkSync(join(root, 'private'), join(folder, 'model', 'folder'));
    symlinkSync('../private', join(folder, 'samples'));
    const { files, messages } = tree('model', 'samples');
    expect(files).toEqual(['model/weights.bin']);
    expect(messages).toHaveLength(3);
    for (const name of ['model/file', 'model/folder', 'samples']) {
      expect(messages).toContainEqual(expect.stringMatching(`^${name} is a link to .*private.*, outside the package$`));
    }
  });

  it('refuse links that lead nowhere or in a circle', () => {
    symlinkSync('/nowhere/at/all', join(folder, 'model', 'gone'));
    symlinkSync('itself', join(folder, 'model', 'itself'));
    symlinkSync('.', join(folder, 'model', 'circle'));
    const { files, messages } = tree('model');
    expect(files).toEqual(['model/weights.bin']);
    expect(messages.sort()).toEqual([
      'model/circle is a link to a folder that it lies in',
      'model/gone is a link that leads nowhere',
      'model/itself is a link that leads nowhere',
    ]);
  });

  it('refuse what is no file, without opening it', () => {
    execFileSync('mkfifo', [join(folder, 'model', 'pipe')]);
    expect(tree('model')).toEqual({
      files: ['model/weights.bin'],
      messages: ['model/pipe is a socket, a pipe or a device'],
    });
  });

  it.skipIf(process.platform !== 'linux')('refuse names that another system would change', () => {
    put('new\nline');
    put('a\\b.txt');
    put(Buffer.from([0x62, 0xff, 0x2e, 0x74]));
    expect(tree('model').files).toEqual(['model/weights.bin']);
    expect(tree('model').messages.sort()).toEqual([
      'model/a\\b.txt has a backslash in its name, which parts folders in a zip',
      'model/b\uFFFD.t has a name that is not UTF-8',
      'model/new\\nline has a control character in its name',
    ]);
  });
});
