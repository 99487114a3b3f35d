import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { listFiles } from '../../../../runtime/bundle/manifest.js';
import { bundleRuntime } from '../../../../runtime/bundle/stage/runtime.js';
import { openModel } from '../../../../runtime/engines/index.js';
import { fixture } from '../../../support/serve.js';

describe('TensorFlow.js in an upload', () => {
  const app = mkdtempSync(join(tmpdir(), 'katonic-tfjs-'));
  afterAll(() => rmSync(app, { recursive: true, force: true }));

  it('is two files and its WebAssembly, and runs a model as it does here', async () => {
    mkdirSync(join(app, 'node_modules'));
    writeFileSync(join(app, 'package.json'), '{}');
    await bundleRuntime(app, { libraries: ['joi', 'sharp'], absent: ['onnxruntime-node'], tfjs: true, findings: [] });
    expect(readdirSync(join(app, 'node_modules', '@tensorflow'))).toEqual(['tfjs', 'tfjs-backend-wasm']);
    expect(listFiles(join(app, 'node_modules', '@tensorflow', 'tfjs-backend-wasm'))).toContain(
      'dist/tfjs-backend-wasm-simd.wasm',
    );

    const entry = createRequire(join(app, 'package.json')).resolve('generator-katonic-classifier/runtime');
    const inside = (await import(pathToFileURL(entry).href)) as { openModel: typeof openModel };
    const path = fixture('exports/teachable-machine/model.json');
    const pixels = Float32Array.from({ length: 96 * 96 * 3 }, (_, index) => Math.sin(index));
    const models = await Promise.all([inside.openModel(path), openModel(path, { engine: 'wasm' })]);
    const [there, here] = await Promise.all(models.map((model) => model.run(pixels, [1, 96, 96, 3])));
    expect(models[0]?.engine).toBe(models[1]?.engine);
    expect(there?.data).toEqual(here?.data);
    await Promise.all(models.map((model) => model.dispose()));
  });
});
