import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { tfjsNode } from '../../../runtime/engines/tfjs-node.js';
import { cases, exactlyResized, expected, exportsFolder, ourAnswers, pictures, tfjsCases } from './parity.js';

const files = pictures.map((picture) => join(exportsFolder, 'pictures', picture));

function agree(name: string, ours: Readonly<Record<string, readonly number[]>>): void {
  for (const picture of pictures) {
    const full = expected(name, picture);
    const off = Math.max(...full.map((value, index) => Math.abs(value - ours[picture]![index]!)));
    if (process.env.SHOW) console.log(name, picture, off.toFixed(4));
    expect
      .soft(off, `${name} ${picture}: ${full} against ${ours[picture]}`)
      .toBeLessThanOrEqual(cases[name]!.tolerance);
    expect.soft(top(ours[picture]!), picture).toBe(top(full));
  }
}

describe('answers agree with the tool that the export is made for', () => {
  // Every TensorFlow.js fixture converts, so each runs here as it is served.
  test.each(Object.entries(cases))('%s, on ONNX Runtime', async (name, { answers = {} }) => {
    const ours = await ourAnswers(join(exportsFolder, name), answers, files);
    expect(ours.engine).toMatch(/^onnxruntime /);
    agree(name, ours.answers);
  });
});

const native = await tfjsNode.available();
if (!native.ok) console.warn(`without tfjs-node, whose tests need: ${native.reason}`);

describe.each(['tfjs-node', 'wasm', 'cpu'] as const)('and so they do on %s', (engine) => {
  const there = engine === 'tfjs-node' && !native.ok ? test.skip : test;

  there.each(tfjsCases)('%s', async (name, { answers = {} }) => {
    const ours = await ourAnswers(join(exportsFolder, name), answers, files, engine);
    expect(ours.engine).toMatch(
      engine === 'tfjs-node' ? /^tfjs-node / : engine === 'wasm' ? /wasm/i : /cpu|JavaScript/i,
    );
    agree(name, ours.answers);
  });
});

describe('it is the rounding of the resize that the sensitive ones are further apart by', () => {
  test.each(['pytorch-mobilenet', 'pytorch-grey'])(
    "%s agrees to 0.002 where Pillow's rounding is ours",
    async (name) => {
      for (const picture of pictures) {
        const full = expected(name, picture);
        const ours = await exactlyResized(name, picture);
        const off = Math.max(...full.map((value, index) => Math.abs(value - ours[index]!)));
        if (process.env.SHOW) console.log(name, picture, off.toFixed(4), 'exactly resized');
        expect.soft(off, picture).toBeLessThanOrEqual(0.002);
      }
    },
  );
});

function top(values: readonly number[]): number {
  return values.indexOf(Math.max(...values));
}
