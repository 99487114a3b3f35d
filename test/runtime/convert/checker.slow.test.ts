import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../../runtime/package-root.js';
import { makeVenv } from '../../platform/environments.js';
import { pythonOrSkip } from '../../platform/python.js';
import { openAll } from './warnings.js';

const python = pythonOrSkip('converted models in onnx.checker') as string;
const CHECK = fileURLToPath(new URL('./check_onnx.py', import.meta.url));
const TESTS = ['layers', 'operations', 'padding', 'padding-graph', 'models'].map(
  (name) => `test/runtime/convert/${name}.test.ts`,
);

describe.skipIf(python === undefined)('every model that the tests convert', () => {
  const root = mkdtempSync(join(tmpdir(), 'katonic-onnx-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it('passes onnx.checker with full shape inference, and opens in ONNX Runtime without a warning', async () => {
    const models = join(root, 'models');
    mkdirSync(models);
    const { KATONIC_SLOW_TESTS: _, ...env } = process.env;
    const vitest = join(packageRoot, 'node_modules/vitest/vitest.mjs');
    const made = spawnSync(process.execPath, [vitest, 'run', ...TESTS], {
      cwd: packageRoot,
      encoding: 'utf8',
      env: { ...env, KATONIC_KEEP_ONNX: models },
    });
    expect(made.status, made.stdout + made.stderr).toBe(0);
    const files = readdirSync(models).map((name) => join(models, name));
    const count = files.length;
    expect(count).toBeGreaterThan(300);
    expect(openAll(files)).toEqual({ stdout: `opened ${count}`, stderr: '' });
    const inside = await makeVenv(python, join(root, 'venv'), ['onnx']);
    const { status, stdout, stderr } = spawnSync(inside, [CHECK, models], { encoding: 'utf8' });
    expect(status, stderr).toBe(0);
    expect(stdout.trim()).toBe(`${count} models`);
  });
});
