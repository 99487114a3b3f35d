import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { packagePackage } from '../../../runtime/bundle/package.js';

const CJS = fileURLToPath(new URL('../../fixtures/packages/minimal-cjs', import.meta.url));

describe('packaging into a folder', () => {
  const root = mkdtempSync(join(tmpdir(), 'katonic-package-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it('refuses one that holds something else before the long work begins', async () => {
    const [dir, out] = [join(root, 'package'), join(root, 'mine')];
    cpSync(CJS, dir, { recursive: true });
    mkdirSync(out);
    writeFileSync(join(out, 'mine.txt'), 'mine');
    const steps: string[] = [];
    const packaging = packagePackage(dir, { out, onStep: (step) => steps.push(step) });
    await expect(packaging).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining('mine.txt') });
    expect(steps).toEqual(['checking the package']);
  });
});
