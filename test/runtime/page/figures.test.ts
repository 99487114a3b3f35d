import { describe, expect, expectTypeOf, it } from 'vitest';
import { score } from '../../../runtime/feedback/scoring.js';
import type { Figures as Answered } from '../../../runtime/monitoring/figures.js';
import { type Figures, narrowed, type Scores } from '../../../runtime/page/figures.js';

const counts = (pairs: [number, number, number][]) =>
  pairs.map(([actual, predicted, count]) => ({ actual, predicted, count }));

describe('narrowed', () => {
  it('shows every class of a small model, also those without feedback', () => {
    const scores = score(
      counts([
        [1, 1, 4],
        [1, 2, 1],
        [2, 2, 3],
      ]),
      [1, 2, 3],
    ) as Scores;
    const { labels, cell, left } = narrowed(scores, 12);
    expect(labels).toEqual([1, 2, 3]);
    expect([cell(1, 1), cell(1, 2), cell(2, 1), cell(3, 3)]).toEqual([4, 1, 0, 0]);
    expect(left).toBe(0);
  });

  it('shows the classes that occur most often of a thousand, in the order of the model', () => {
    const labels = Array.from({ length: 1000 }, (_, index) => index);
    const scores = score(
      counts([
        [900, 900, 9],
        [5, 900, 4],
        [5, 5, 1],
        [17, 17, 2],
      ]),
      labels,
    ) as Scores;
    const shown = narrowed(scores, 3);
    expect(shown.labels).toEqual([5, 17, 900]);
    expect([shown.cell(5, 900), shown.cell(900, 900), shown.cell(17, 5)]).toEqual([4, 9, 0]);
    expect(shown.left).toBe(997);
  });

  it('tells the code 1 from the code "1"', () => {
    const pairs = [
      { actual: 1, predicted: '1', count: 2 },
      ...Array.from({ length: 80 }, (_, index) => ({ actual: index + 2, predicted: index + 2, count: 1 })),
    ];
    const { cell } = narrowed(score(pairs) as Scores, 12);
    expect([cell(1, '1'), cell('1', 1)]).toEqual([2, 0]);
  });
});

it('reads what the server answers', () => {
  expectTypeOf<Answered>().toExtend<Figures>();
});
