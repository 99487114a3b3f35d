import { describe, expect, it } from 'vitest';
import { barsOf, stagesOf } from '../../../runtime/page/api.js';

const classes = [
  { name: 'cat', code: 1 },
  { name: 'dog', code: 2 },
];

describe('barsOf', () => {
  it('sorts probabilities and gives each class its code', () => {
    expect(
      barsOf({ predicted_label: 2, predicted_class: 'dog', probabilities: { cat: 0.2, dog: 0.8 } }, classes),
    ).toEqual([
      { name: 'dog', code: 2, probability: 0.8 },
      { name: 'cat', code: 1, probability: 0.2 },
    ]);
  });

  it('takes the code of the answer where two classes have one name', () => {
    const bars = barsOf(
      { predicted_label: 7, predicted_class: 'cat (7)', probabilities: { 'cat (7)': 0.9, cat: 0.1 } },
      classes,
    );
    expect(bars[0]).toEqual({ name: 'cat (7)', code: 7, probability: 0.9 });
  });

  it('makes one bar of an answer with a label only', () => {
    expect(barsOf({ predicted_label: 1 }, classes)).toEqual([{ name: 'cat', code: 1 }]);
  });

  it.each([['cat'], [null], [[0.1, 0.9]], [{ anything: 'else' }]])('makes none of %j', (raw) => {
    expect(barsOf(raw, classes)).toEqual([]);
  });
});

describe('stagesOf', () => {
  it('reads Server-Timing in its order and leaves out what has no duration', () => {
    expect(stagesOf('queue;dur=0.10, decode;dur=12.5, cache;desc="hit", total;dur=20')).toEqual([
      { name: 'queue', ms: 0.1 },
      { name: 'decode', ms: 12.5 },
      { name: 'total', ms: 20 },
    ]);
    expect(stagesOf('')).toEqual([]);
  });
});
