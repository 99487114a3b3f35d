import { describe, expect, expectTypeOf, it } from 'vitest';
import { score } from '../../../runtime/feedback/scoring.js';
import type { Figures as Answered } from '../../../runtime/monitoring/figures.js';
import { type Figures, filled, narrowed, type Scores } from '../../../runtime/page/figures.js';

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

it('does not show a cell that the server left out as zero', () => {
  const labels = Array.from({ length: 70 }, (_, index) => index);
  const every = labels.flatMap((actual) =>
    labels.map((predicted): [number, number, number] => [actual, predicted, actual === 0 ? 1 : 2]),
  );
  const scores = score(counts(every.filter(([actual, predicted]) => actual !== 69 || predicted < 2)), labels) as Scores;
  const { cell, support } = narrowed(scores, 12);
  expect(scores.confusion_matrix.cells).toHaveLength(2000);
  expect([cell(0, 5), cell(0, 0), support(0)]).toEqual([undefined, undefined, 70]);
  const known = narrowed(score(counts([[69, 1, 3]]), labels) as Scores, 12);
  expect([known.cell(69, 1), known.cell(69, 2)]).toEqual([3, 0]);
});

describe('filled', () => {
  const at = (time: string) => `2026-01-05T${time}:00.000Z`;
  const point = (time: string, count: number) => ({ at: at(time), count, p50: 5, p95: 9 });
  const series = { bucket_seconds: 60, points: [point('10:00', 4), point('10:40', 2)] };

  it('has zeros and gaps for the minutes in which nothing happened', () => {
    const { times, counts, p50, p95, from, to } = filled({ series, from: at('09:50'), to: '2026-01-05T10:49:30.000Z' });
    expect([times.length, from, to]).toEqual([60, Date.parse(at('09:50')) / 1000, Date.parse(at('10:50')) / 1000]);
    expect(times[0]).toBe(from + 30);
    expect([counts[10], counts[50], counts.reduce((a, b) => a + b, 0)]).toEqual([4, 2, 6]);
    expect(counts.slice(11, 50).every((count) => count === 0)).toBe(true);
    expect([p50[10], p50[11], p95[50], p95[59]]).toEqual([5, null, 9, null]);
  });

  it('reaches back to the first day, a week at least', () => {
    const day = (date: string) => ({ at: `${date}T00:00:00.000Z`, count: 1, p50: 1, p95: 1 });
    const points = [day('2026-01-01'), day('2026-01-20')];
    const long = filled({ series: { bucket_seconds: 86_400, points }, from: null, to: '2026-01-20T10:00:00.000Z' });
    expect([long.counts.length, long.counts[0], long.counts[19]]).toEqual([20, 1, 1]);
    const none = filled({ series: { bucket_seconds: 86_400, points: [] }, from: null, to: '2026-01-20T10:00:00.000Z' });
    expect(none.counts).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
  });
});

it('reads what the server answers', () => {
  expectTypeOf<Answered>().toExtend<Figures>();
});
