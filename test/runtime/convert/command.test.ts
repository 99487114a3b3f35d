import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { convertCommand } from '../../../runtime/convert/command.js';
import { save, temporaryFolder } from './files.js';
import { modelFrom, tf } from './tfjs.js';

let folder: string;
let model: string;
let printed: string;

beforeEach(async () => {
  folder = await temporaryFolder();
  model = await save(
    modelFrom([8, 8, 3], (x) => {
      const features = tf.layers
        .conv2d({ filters: 4, kernelSize: 3, activation: 'relu' })
        .apply(x) as tf.SymbolicTensor;
      const slope = tf.layers.reLU().apply(features) as tf.SymbolicTensor;
      return tf.layers
        .dense({ units: 2, activation: 'softmax' })
        .apply(tf.layers.flatten().apply(slope)) as tf.SymbolicTensor;
    }),
    folder,
  );
  printed = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
});
afterEach(() => {
  vi.restoreAllMocks();
});

const run = (...words: string[]) => convertCommand().exitOverride().parseAsync(words, { from: 'user' });

describe('katonic-classifier convert', () => {
  it('writes the file and says what is in it, how far it differs and how fast it is', async () => {
    const out = join(folder, 'out.onnx');
    await run(model, out);
    expect(printed).toMatch(/^written +.*out\.onnx \(0\.0 MB, opset 18\)$/m);
    expect(printed).toMatch(/^from +a layers model with 402 parameters$/m);
    expect(printed).toMatch(/^operators +.*Transpose 1/m);
    expect(printed).toMatch(/^equal +largest difference \S+ \(allowed 1\.0e-4\), same top-1, against tfjs/m);
    expect(printed).toMatch(/^speed +[\d.]+ ms a picture, tfjs.* times as fast$/m);
    expect((await readFile(out)).length).toBeGreaterThan(400 * 4);
    expect((await readdir(folder)).sort()).toEqual(['model.json', 'out.onnx', 'weights.bin']);
  });

  it('takes the folder that holds model.json', async () => {
    const out = join(folder, 'out.onnx');
    await run(folder, out, '--no-check');
    expect(existsSync(out)).toBe(true);
  });

  it('tells a folder without model.json from nothing at all', async () => {
    const empty = await temporaryFolder();
    await expect(run(empty, 'a.onnx')).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('is a folder without a model.json'),
    });
    await expect(run(join(empty, 'no'), 'a.onnx')).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('there is nothing at'),
    });
  });

  it('gives the report as JSON, and leaves the comparison out when asked', async () => {
    await run(model, join(folder, 'out.onnx'), '--json', '--no-check');
    const { report, check } = JSON.parse(printed) as {
      report: { parameters: number; operators: Record<string, number> };
      check?: unknown;
    };
    expect(report.parameters).toBe(402);
    expect(report.operators.Conv).toBe(1);
    expect(check).toBeUndefined();
  });

  it('leaves no file behind when the model does not convert', async () => {
    const other = await temporaryFolder();
    const path = await save(
      modelFrom([4, 3], (x) => tf.layers.gru({ units: 2, name: 'memory' }).apply(x) as tf.SymbolicTensor),
      other,
    );
    await expect(run(path, join(other, 'out.onnx'))).rejects.toMatchObject({
      code: 'engine',
      message: 'GRU "memory" has no counterpart in this converter',
    });
    expect(existsSync(join(other, 'out.onnx'))).toBe(false);
  });

  it('refuses an output that is no .onnx file', async () => {
    await expect(run(model, join(folder, 'out.bin'))).rejects.toMatchObject({ code: 'usage' });
  });
});
