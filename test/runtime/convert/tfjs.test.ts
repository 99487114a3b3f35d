import { describe, expect, it } from 'vitest';
import { type Answer, expectAnswers } from './tfjs.js';

const answer = (...values: number[]): Answer[] => [{ shape: [values.length], data: Float32Array.from(values) }];

/** The comparison that every test of a conversion stands on. */
describe('expectAnswers', () => {
  it('takes what is within the tolerance, relative to the largest answer', () => {
    expectAnswers(answer(0.1, 0.20005), answer(0.1, 0.2));
    expectAnswers(answer(1000.05, 1), answer(1000, 1));
  });
  it.each([
    ['a number too far', answer(0.1, 0.21, 0.3), answer(0.1, 0.2, 0.3)],
    ['a NaN before numbers that are right', answer(0.1, Number.NaN, 0.3), answer(0.1, 0.2, 0.3)],
    ['a NaN at the end', answer(0.1, 0.2, Number.NaN), answer(0.1, 0.2, 0.3)],
    ['a NaN of TensorFlow.js', answer(0.1, 0.2, 0.3), answer(0.1, Number.NaN, 0.3)],
    ['an infinite number', answer(0.1, 1), answer(0.1, Number.POSITIVE_INFINITY)],
    ['another shape', answer(0.1, 0.2), answer(0.1, 0.2, 0.3)],
  ])('refuses %s', (_name, actual, expected) => {
    expect(() => expectAnswers(actual, expected)).toThrow();
  });
});
