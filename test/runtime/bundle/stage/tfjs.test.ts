import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { listFiles } from '../../../../runtime/bundle/manifest.js';
import { bundleRuntime } from '../../../../runtime/bundle/stage/runtime.js';
import { openModel } from '../../../../runtime/engines/index.js';
import { packageRoot } from '../../../../runtime/package-root.js';
import { fixture } from '../../../support/serve.js';

describe('TensorFlow.js in an upload', () => {
  const app = mkdtempSync(join(tmpdir(), 'katonic-tfjs-'));
  afterAll(() => rmSync(app, { recursive: true, force: true }));

  it('is two files and its WebAssembly, and runs a model as it does here', async () => {
    mkdirSync(join(app, 'node_modules'));
    for (const library of ['joi', 'sharp']) {
      symlinkSync(join(packageRoot, 'node_modules', library), join(app, 'node_modules', library), 'dir');
    }
    writeFileSync(join(app, 'package.json'), '{}');
    await bundleRuntime(app, { libraries: ['joi', 'sharp'], absent: ['onnxruntime-node'], tfjs: true, findings: [] });
    expect(readdirSync(join(app, 'node_modules', '@tensorflow'))).toEqual(['tfjs', 'tfjs-backend-wasm']);
    expect(listFiles(join(app, 'node_modules', '@tensorflow', 'tfjs-backend-wasm'))).toContain(
      'dist/tfjs-backend-wasm-simd.wasm',
    );

    // In a process of its own: two copies of TensorFlow.js in one would share their variables.
    const path = fixture('exports/teachable-machine/model.json');
    const script = `
      const { openModel } = await import('generator-katonic-classifier/runtime');
      const model = await openModel(${JSON.stringify(path)});
      const pixels = Float32Array.from({ length: 96 * 96 * 3 }, (_, index) => Math.sin(index));
      const { data } = await model.run(pixels, [1, 96, 96, 3]);
      console.log(JSON.stringify({ engine: model.engine, data: [...data] }));`;
    writeFileSync(join(app, 'try.mjs'), script);
    const there = JSON.parse(execFileSync(process.execPath, [join(app, 'try.mjs')], { encoding: 'utf8' })) as object;
    const model = await openModel(path, { engine: 'wasm' });
    const pixels = Float32Array.from({ length: 96 * 96 * 3 }, (_, index) => Math.sin(index));
    const { data } = await model.run(pixels, [1, 96, 96, 3]);
    expect(there).toEqual({ engine: model.engine, data: [...data] });
    await model.dispose();
  });
});
