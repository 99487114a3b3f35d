import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ConversionReport } from '../../../runtime/convert/convert.js';
import { openReference, selfCheck, toleranceOf } from '../../../runtime/convert/self-check.js';
import type { OpenModel, Output } from '../../../runtime/engines/engine.js';
import { cpu } from '../../../runtime/engines/tfjs-cpu.js';
import { wasm } from '../../../runtime/engines/tfjs-wasm.js';

const report = (conv: number): ConversionReport => ({
  format: 'layers-model',
  operators: { Conv: conv },
  parameters: 0,
  bytes: 0,
  notes: [],
});
const output = (...values: number[]): Output => ({
  name: 'y',
  data: Float32Array.from(values),
  shape: [2, values.length / 2],
});

/** Two models that answer what they are told: here it is the comparison that is tested. */
const answering = (...outputs: Output[]): OpenModel => ({
  engine: 'test',
  why: '',
  inputs: [{ name: 'x', shape: [-1, 2], dtype: 'float32' }],
  outputs: [],
  gainsFromBatches: false,
  run: async () => outputs[0]!,
  runAll: async () => outputs,
  tensorCount: () => undefined,
  dispose: async () => {},
});
const check = (expected: Output[], actual: Output[]) =>
  selfCheck(answering(...expected), answering(...actual), report(1));

describe('the tolerance', () => {
  it.each([
    [1, output(0, 1, 1, 0), 1e-4],
    [51, output(0, 1, 1, 0), 1e-3],
    [51, output(-20, 10, 0, 0), 2e-2],
    // Answers that are all alike: a hundredth of their spread.
    [51, output(0.2, 0.201, 0.2, 0.2), 1e-5],
    [51, output(0.2, 0.2, 0.2, 0.2), 1e-6],
  ])('after %i convolutions', (layers, answer, expected) => {
    expect(toleranceOf(report(layers), [answer])).toBeCloseTo(expected, 7);
  });
});

describe('equal', () => {
  it('within the tolerance', async () => {
    expect(await check([output(0, 1, 1, 0)], [output(0.00005, 1, 1, 0)])).toMatchObject({
      ok: true,
      reference: 'test',
    });
  });
  it.each([
    ['a number too far', [output(0, 1, 1, 0.01)], /^its answers differ by 1\.0e-2, allowed are 1\.0e-4/],
    ['a NaN at the end', [output(0, 1, 1, Number.NaN)], /differ by NaN/],
    ['a NaN before numbers that are right', [output(0, Number.NaN, 1, 0)], /differ by NaN/],
    ['a NaN alone before numbers that are right', [output(Number.NaN, 1, 1, 0)], /differ by NaN/],
    ['an overflow', [output(0, Number.POSITIVE_INFINITY, 1, 0)], /differ by Infinity/],
    [
      'another count of outputs',
      [output(0, 1, 1, 0), output(0, 1, 1, 0)],
      /^it has 2 outputs where TensorFlow.js has 1/,
    ],
    ['another shape', [{ ...output(0, 1, 1, 0), shape: [4] }], /^output 0 has the shape \[4\]/],
  ])('not with %s', async (_name, actual, reason) => {
    const found = await check([output(0, 1, 1, 0)], actual);
    expect(found.ok).toBe(false);
    expect(found.reason).toMatch(reason);
  });
  it('not when TensorFlow.js itself gives a NaN', async () => {
    expect((await check([output(0, 1, 1, Number.NaN)], [output(0, 1, 1, Number.NaN)])).ok).toBe(false);
  });
  it.each([
    ['the same', Number.POSITIVE_INFINITY],
    ['a number', 1e9],
  ])('not when TensorFlow.js overflows and the converted model gives %s', async (_name, value) => {
    const expected = [output(0, Number.POSITIVE_INFINITY, 1, 0)];
    expect((await check(expected, [output(0, value, 1, 0)])).ok).toBe(false);
  });
});

describe('the engine to compare with', () => {
  const MODEL = join(import.meta.dirname, '../../fixtures/convert/mobilenet-v3-graph/model.json');
  const input = { data: new Float32Array(32 * 32 * 3), shape: [1, 32, 32, 3] };

  it('is the next one where the best cannot run the model', async () => {
    // One bias for all channels: WebAssembly opens the model and stops there.
    await expect(openReference(MODEL, input, [wasm])).rejects.toThrow(/rank-1 bias/);
    const reference = await openReference(MODEL, input, [wasm, cpu]);
    expect(reference.engine).toMatch(/cpu|JavaScript/i);
    await reference.dispose();
  });

  it('is asked for where there is none', async () => {
    await expect(openReference(MODEL, input, [])).rejects.toMatchObject({
      code: 'engine',
      message: expect.stringContaining('not installed here'),
    });
  });
});
