import { describe, expect, it } from 'vitest';
import { barsOf, isRecorded, predictedOf, stagesOf } from '../../../runtime/page/answer.js';

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

  it.each([['cat'], [null], [[0.1, 0.9]], [{ predicted_label: 1 }]])('makes none of %j', (raw) => {
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

describe('predictedOf', () => {
  const probabilities = { cat: 0.4, dog: 0.6 };

  it('is what the launch module decided, although another class is more probable', () => {
    const cat = { name: 'cat', code: 1, probability: 0.4 };
    expect(predictedOf({ predicted_label: 1, predicted_class: 'cat', probabilities }, classes)).toEqual(cat);
    expect(predictedOf({ predicted_label: 1, probabilities }, classes)).toEqual(cat);
    expect(predictedOf({ predicted_class: 'cat', probabilities }, classes)).toEqual(cat);
    expect(predictedOf({ predicted_label: 1, confidence: 0.9, probabilities }, classes)?.probability).toBe(0.9);
  });

  it('is the most probable class where the answer names none', () => {
    expect(predictedOf({ probabilities }, classes)).toEqual({ name: 'dog', code: 2, probability: 0.6 });
  });

  it('is the label alone where nothing else is known', () => {
    expect(predictedOf({ predicted_label: 9 }, classes)).toEqual({ name: '9', code: 9 });
    expect(predictedOf({ predicted_label: 1 }, classes)).toEqual({ name: 'cat', code: 1 });
  });

  it.each([['cat'], [null], [[0.1, 0.9]], [{ anything: 'else' }]])('is nothing of %j', (raw) => {
    expect(predictedOf(raw, classes)).toBeUndefined();
  });
});

it('knows whether the server recorded a label', () => {
  expect([{ predicted_label: 0 }, { predicted_class: 'cat' }, 'cat'].map(isRecorded)).toEqual([true, false, false]);
});
