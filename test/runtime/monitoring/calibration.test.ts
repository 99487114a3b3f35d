import { expect, it } from 'vitest';
import { calibration } from '../../../runtime/monitoring/calibration.js';

it('weighs the distance of accuracy and confidence by counts', () => {
  const found = calibration([
    { bin: -1, count: 99, correct: 5, confidence: 0 },
    { bin: 5, count: 10, correct: 5, confidence: 5.5 },
    { bin: 9, count: 30, correct: 27, confidence: 28.5 },
  ]);
  expect(found?.count).toBe(40);
  // (10 * |0.5 - 0.55| + 30 * |0.9 - 0.95|) / 40
  expect(found?.ece).toBeCloseTo(0.05, 12);
  expect(found?.bins).toHaveLength(10);
  expect(found?.bins[9]).toEqual({ from: 0.9, to: 1, count: 30, mean_confidence: 0.95, accuracy: 0.9 });
  expect(found?.bins[0]).toEqual({ from: 0, to: 0.1, count: 0, mean_confidence: null, accuracy: null });
});

it('is nothing without a confidence', () => {
  expect(calibration([])).toBeUndefined();
  expect(calibration([{ bin: -1, count: 3, correct: 3, confidence: 0 }])).toBeUndefined();
});
