import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ExportAnswers } from '../../../runtime/exports/answers.js';
import { exportsFolder, ourAnswers, pictures, reference } from './parity.js';

/** How far a probability may lie from that of the export's own tool: nearly everywhere, and where a barely trained
 * network makes more of a rounding in the resize than others do. */
const same = 0.005;
const near = 0.02;

/** What a person would answer where the export does not say it. */
const unit = { range: '0..1' } as const;
const stretched = { fit: 'stretch' } as const;

const cases: Record<string, { tolerance: number; answers?: Partial<ExportAnswers> }> = {
  'teachable-machine': { tolerance: same },
  'teachable-machine-grey': { tolerance: same },
  'automl-tfjs': { tolerance: same },
  'custom-vision-tfjs': { tolerance: same },
  'tfjs-layers': { tolerance: same },
  'tfjs-layers-rescaling': { tolerance: same },
  'tfjs-layers-sigmoid': { tolerance: same },
  'tfjs-layers-logits': { tolerance: same },
  'tfjs-layers-shards': { tolerance: same },
  'tfjs-layers-uint8': { tolerance: same },
  'tfjs-layers-uint16': { tolerance: same },
  'tfjs-layers-float16': { tolerance: same },
  'tfjs-layers-grey': { tolerance: same },
  'tfjs-layers-nested': { tolerance: same },
  'tfjs-graph': { tolerance: same },
  'tfjs-graph-logits': { tolerance: same },
  'tfjs-graph-scaled-inside': { tolerance: same },
  'pytorch-mobilenet': { tolerance: near },
  'pytorch-softmax-fixed-batch': { tolerance: same, answers: unit },
  'pytorch-sigmoid': { tolerance: same, answers: unit },
  'pytorch-one-logit': { tolerance: same, answers: unit },
  'pytorch-log-softmax': { tolerance: same, answers: unit },
  'pytorch-grey': { tolerance: near, answers: unit },
  'pytorch-not-square': { tolerance: same, answers: { ...unit, ...stretched } },
  'pytorch-duplicate-names': { tolerance: same, answers: unit },
  'pytorch-any-size': { tolerance: same, answers: { ...unit, size: 48 } },
  'onnx-external-data': { tolerance: same },
  'onnx-uint8-nhwc': { tolerance: same, answers: stretched },
  'onnx-scaled-inside-nhwc': { tolerance: same, answers: stretched },
  'onnx-float16': { tolerance: same, answers: stretched },
  'sklearn-zipmap': { tolerance: same, answers: unit },
  'tf2onnx-nhwc': { tolerance: same },
  'custom-vision-onnx': { tolerance: near },
  'custom-vision-onnx-s1': { tolerance: same },
  'ultralytics-cls': { tolerance: same },
  'ultralytics-logits': { tolerance: same },
  'huggingface-beit': { tolerance: same },
  'huggingface-convnext': { tolerance: same },
  'huggingface-deit': { tolerance: same },
  'huggingface-efficientnet': { tolerance: same },
  'huggingface-mobilenet-v2': { tolerance: same },
  'huggingface-mobilevit': { tolerance: same },
  'huggingface-multi-label': { tolerance: near },
  'huggingface-old-form': { tolerance: same },
  'huggingface-poolformer': { tolerance: same },
  'huggingface-quantised': { tolerance: same },
  'huggingface-resnet': { tolerance: same },
  'huggingface-swin': { tolerance: same },
  'huggingface-vit': { tolerance: same },
};

describe('answers agree with the tool that the export is made for', () => {
  test.each(Object.entries(cases))('%s', async (name, { tolerance, answers = {} }) => {
    const files = pictures.map((picture) => join(exportsFolder, 'pictures', picture));
    const ours = await ourAnswers(join(exportsFolder, name), answers, files);
    const theirs = reference(name).answers;
    for (const picture of pictures) {
      const expected = theirs[picture]!;
      const full = expected.length === 1 ? [1 - expected[0]!, expected[0]!] : expected;
      const off = Math.max(...full.map((value, index) => Math.abs(value - ours[picture]![index]!)));
      if (process.env.SHOW) console.log(name, picture, off.toFixed(4));
      expect.soft(off, `${name} ${picture}: ${full} against ${ours[picture]}`).toBeLessThanOrEqual(tolerance);
      expect.soft(top(ours[picture]!), picture).toBe(top(full));
    }
  });
});

function top(values: readonly number[]): number {
  return values.indexOf(Math.max(...values));
}
