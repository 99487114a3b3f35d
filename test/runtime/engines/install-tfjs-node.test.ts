import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ZipFile } from 'yazl';
import { capture, run } from '../../../runtime/engines/install/commands.js';
import { unpackWheel } from '../../../runtime/engines/install/wheel.js';
import { installTfjsNode } from '../../../runtime/engines/install-tfjs-node.js';
import { tfjsNode } from '../../../runtime/engines/tfjs-node.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'katonic-install-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function wheel(name: string, files: Record<string, string>): Promise<string> {
  const zip = new ZipFile();
  for (const [path, content] of Object.entries(files)) zip.addBuffer(Buffer.from(content), path);
  zip.end();
  const path = join(folder, name);
  await pipeline(zip.outputStream, createWriteStream(path));
  return path;
}

describe('unpackWheel', () => {
  it('takes the library and its headers, and nothing else', async () => {
    const path = await wheel('good.whl', {
      'tensorflow/libtensorflow_cc.so.2': 'library',
      'tensorflow/libtensorflow_framework.so.2': 'framework',
      'tensorflow/include/tensorflow/c/c_api.h': 'header',
      'tensorflow/include/tsl/platform/a.h': 'header',
      'tensorflow/include/absl/b.h': 'not needed',
      'tensorflow/python/c.py': 'not needed',
    });
    const deps = join(folder, 'deps');
    await unpackWheel(path, deps);
    const { stdout } = await promisify(execFile)('find', [deps, '-type', 'f', '-printf', '%P\n']);
    expect(stdout.trim().split('\n').sort()).toEqual([
      'include/tensorflow/c/c_api.h',
      'include/tsl/platform/a.h',
      'lib/libtensorflow_cc.so.2',
      'lib/libtensorflow_framework.so.2',
    ]);
    expect(await readFile(join(deps, 'lib/libtensorflow_cc.so.2'), 'utf8')).toBe('library');
  });

  it('refuses another wheel, and a file that is none', async () => {
    const other = await wheel('other.whl', { 'numpy/a.py': '' });
    await expect(unpackWheel(other, join(folder, 'x'))).rejects.toMatchObject({
      code: 'engine',
      message: expect.stringMatching(/holds no libtensorflow/),
    });
    const none = join(folder, 'none.whl');
    await writeFile(none, 'no zip');
    await expect(unpackWheel(none, join(folder, 'x'))).rejects.toMatchObject({
      message: expect.stringMatching(/is no wheel that can be read/),
    });
  });
});

describe('commands', () => {
  it('says that a command is not there, and shows what a failing one printed', async () => {
    expect(await capture('no-such-command', [])).toMatchObject({ ok: false, output: expect.stringMatching(/ENOENT/) });
    const failing = run(process.execPath, ['-e', 'console.error("no compiler"); process.exit(3)'], {
      what: 'it could not be built',
    });
    await expect(failing).rejects.toMatchObject({
      code: 'engine',
      message: expect.stringMatching(/it could not be built: .*no compiler/s),
    });
  });
});

describe('installTfjsNode', () => {
  it('does nothing where tfjs-node loads, and else names the tools that are missing', async () => {
    const lines: string[] = [];
    const path = process.env.PATH;
    // Not even a compiler is asked for when there is nothing to do.
    process.env.PATH = folder;
    const install = installTfjsNode({ say: (line) => lines.push(line) }).finally(() => {
      process.env.PATH = path;
    });
    if ((await tfjsNode.available()).ok) {
      await install;
      expect(lines).toEqual([expect.stringMatching(/loads here already; nothing to do/)]);
    } else {
      await expect(install).rejects.toMatchObject({
        code: 'engine',
        message: expect.stringMatching(/g\+\+, make, python3 are not here|knows Linux on x64/),
      });
    }
  });
});
