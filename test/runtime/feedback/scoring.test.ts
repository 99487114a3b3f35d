import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ConfusionCount,
  type Label,
  MATRIX_CELLS,
  MATRIX_CLASSES,
  score,
  TOP_CONFUSIONS,
} from '../../../runtime/feedback/scoring.js';

interface Case {
  name: string;
  counts: [Label, Label, number][];
  labels: Label[];
  matrix: number[][];
  accuracy: number;
  cohen_kappa: number | null;
  mcc: number;
  macro: { precision: number; recall: number; f1: number };
  weighted: { precision: number; recall: number; f1: number };
  precision: number[];
  recall: number[];
  f1: number[];
  support: number[];
}

const reference = JSON.parse(readFileSync(new URL('../../reference/scoring/cases.json', import.meta.url), 'utf8')) as {
  cases: Case[];
};

const TOLERANCE = 1e-9;

function near(actual: number | null | undefined, expected: number | null, what: string) {
  if (expected === null || actual === null || actual === undefined) return expect(actual, what).toBe(expected);
  expect(Math.abs(actual - expected), `${what}: ${actual} for ${expected}`).toBeLessThan(TOLERANCE);
}

function counts(one: Case): ConfusionCount[] {
  return one.counts.map(([predicted, actual, count]) => ({ predicted, actual, count }));
}

describe('scores are those of scikit-learn', () => {
  it('has cases to compare with', () => expect(reference.cases.length).toBeGreaterThan(50));

  it.each(reference.cases.map((one) => [one.name, one] as const))('%s', (_name, one) => {
    const ours = score(counts(one), one.labels);
    near(ours?.accuracy, one.accuracy, 'accuracy');
    near(ours?.cohen_kappa, one.cohen_kappa, 'cohen_kappa');
    near(ours?.mcc, one.mcc, 'mcc');
    for (const average of ['macro', 'weighted'] as const) {
      for (const figure of ['precision', 'recall', 'f1'] as const) {
        near(ours?.[average][figure], one[average][figure], `${average} ${figure}`);
      }
    }
    one.labels.forEach((label, i) => {
      const own = ours?.per_class[i];
      expect(own?.label).toBe(label);
      expect(own?.support).toBe(one.support[i]);
      for (const figure of ['precision', 'recall', 'f1'] as const) {
        near(own?.[figure], one[figure][i] as number, `${figure} of ${label}`);
      }
    });
    expect(ours?.confusion_matrix).toEqual({ labels: one.labels, matrix: one.matrix, cells: null });
  });
});

describe('score', () => {
  it('counts nothing when there is nothing', () => {
    expect(score([], [0, 1])).toBeUndefined();
    expect(score([{ predicted: 1, actual: 1, count: 0 }])).toBeUndefined();
  });

  it('lists a class of labels_file.json that never occurs with zeros, and leaves it out of the macro average', () => {
    const scores = score([{ predicted: 0, actual: 0, count: 4 }], [0, 1, 2]);
    expect(scores?.per_class.map((one) => [one.label, one.precision, one.support])).toEqual([
      [0, 1, 4],
      [1, 0, 0],
      [2, 0, 0],
    ]);
    expect(scores?.macro.f1).toBe(1);
  });

  it('puts labels that labels_file.json does not know behind those it knows', () => {
    const scores = score(
      [
        { predicted: 9, actual: 2, count: 1 },
        { predicted: 'old', actual: 7, count: 1 },
      ],
      [2, 1],
    );
    expect(scores?.confusion_matrix.labels).toEqual([2, 1, 7, 9, 'old']);
  });

  it('names the most frequent mistakes first', () => {
    const scores = score([
      { predicted: 1, actual: 1, count: 50 },
      { predicted: 2, actual: 1, count: 3 },
      { predicted: 1, actual: 2, count: 8 },
    ]);
    expect(scores?.top_confusions).toEqual([
      { true_label: 2, predicted_label: 1, count: 8 },
      { true_label: 1, predicted_label: 2, count: 3 },
    ]);
  });

  it('gives cells in place of a matrix for many classes', () => {
    const many = Array.from({ length: MATRIX_CLASSES + 1 }, (_, i) => ({ predicted: i, actual: i, count: i + 1 }));
    const { matrix, cells } = score(many)?.confusion_matrix ?? {};
    expect(matrix).toBeNull();
    expect(cells?.[0]).toEqual({
      true_label: MATRIX_CLASSES,
      predicted_label: MATRIX_CLASSES,
      count: MATRIX_CLASSES + 1,
    });
  });

  it('does not depend on order or on how counts are split', () => {
    const cell = fc.record({
      predicted: fc.integer({ min: 0, max: 4 }),
      actual: fc.integer({ min: 0, max: 4 }),
      count: fc.integer({ min: 1, max: 1000 }),
    });
    fc.assert(
      fc.property(fc.array(cell, { minLength: 1, maxLength: 30 }), (cells) => {
        const split = cells.flatMap((one) => [
          { ...one, count: one.count - 1 },
          { ...one, count: 1 },
        ]);
        const whole = score(cells, [0, 1, 2, 3, 4]);
        const parts = score(split.reverse(), [0, 1, 2, 3, 4]);
        expect(parts?.confusion_matrix).toEqual(whole?.confusion_matrix);
        expect(parts?.top_confusions).toEqual(whole?.top_confusions);
        near(parts?.mcc, whole?.mcc ?? null, 'mcc');
        expect(whole?.accuracy).toBeLessThanOrEqual(1);
        expect(Math.abs(whole?.mcc ?? 2)).toBeLessThanOrEqual(1 + 1e-12);
      }),
    );
  });

  it('with many classes lists the most frequent cells, as if all of them were sorted', () => {
    const label = fc.integer({ min: 0, max: 299 });
    const cell = fc.record({ predicted: label, actual: label, count: fc.integer({ min: 1, max: 5 }) });
    const pair = ({ actual, predicted }: ConfusionCount) => `${actual} ${predicted}`;
    const cells = fc.uniqueArray(cell, { minLength: 10_000, maxLength: 12_000, selector: pair, size: 'max' });
    fc.assert(
      fc.property(cells, (counts) => {
        const sorted = counts
          .toSorted((a, b) => b.count - a.count || a.actual - b.actual || a.predicted - b.predicted)
          .map((one) => ({ true_label: one.actual, predicted_label: one.predicted, count: one.count }));
        const { confusion_matrix, top_confusions } = score(counts) ?? {};
        expect(confusion_matrix?.cells).toEqual(sorted.slice(0, MATRIX_CELLS));
        const mistakes = sorted.filter((one) => one.true_label !== one.predicted_label);
        expect(top_confusions).toEqual(mistakes.slice(0, TOP_CONFUSIONS));
      }),
      { numRuns: 3 },
    );
  });
});
