import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { listFiles } from '../../../../runtime/bundle/manifest.js';
import { collectSources } from '../../../../runtime/bundle/sources/allow-list.js';
import { chooseEngine } from '../../../../runtime/bundle/stage/engine.js';
import { openConverted } from '../../../../runtime/convert/open.js';
import { packageRoot } from '../../../../runtime/package-root.js';

describe('the engine of an upload with a TensorFlow.js model', () => {
  const root = mkdtempSync(join(tmpdir(), 'katonic-engine-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it('is ONNX Runtime, with a converted model that is the same each time it is made', async () => {
    const example = join(packageRoot, 'examples', 'shapes');
    const made = [];
    for (const name of ['once', 'again']) {
      const stage = join(root, name);
      cpSync(join(example, 'model'), join(stage, 'model'), { recursive: true });
      const engine = await chooseEngine(await collectSources(example), stage);
      expect(engine).toMatchObject({ tfjs: false, findings: [] });
      expect(engine.libraries).toContain('onnxruntime-node');
      const files = listFiles(stage);
      expect(files).toContain('model/model.converted.json');
      made.push(Object.fromEntries(files.map((path) => [path, readFileSync(join(stage, path)).toString('base64')])));
    }
    expect(made[1]).toEqual(made[0]);
  });

  it('takes the converted model at its word there, and says that it was compared before', async () => {
    const opened = await openConverted(join(root, 'once', 'model', 'model.json'));
    if ('reason' in opened) throw new Error(opened.reason);
    expect(opened.engine).toContain('onnxruntime');
    expect(opened.why).toBe('converted from TensorFlow.js and found equal to it when it was packaged');
    await opened.dispose();
  });
});
