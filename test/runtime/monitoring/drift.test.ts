import { describe, expect, it } from 'vitest';
import { drift } from '../../../runtime/monitoring/drift.js';

/** A class that never occurred is not there, as in what the store reads. */
const counts = (...values: number[]) =>
  new Map(values.map((value, i) => [i, value] as const).filter(([, value]) => value > 0));

describe('drift', () => {
  it('is zero when nothing moved', () => {
    const found = drift(counts(500, 500), counts(50_000, 50_000));
    expect(found?.psi).toBeCloseTo(0, 12);
    expect(found).toMatchObject({ level: 'stable', current: 1000, baseline: 100_000 });
  });

  it('is the sum of (p - q) ln(p / q), by hand', () => {
    const [p, q] = [0.8, 0.5];
    const byHand = (p - q) * Math.log(p / q) + (q - p) * Math.log((1 - p) / (1 - q));
    const found = drift(counts(800_000, 200_000), counts(500_000, 500_000));
    expect(found?.psi).toBeCloseTo(byHand, 5);
    expect(found?.level).toBe('major');
    expect(found?.classes.map(({ psi }) => psi).reduce((a, b) => a + b)).toBeCloseTo(byHand, 5);
  });

  it('stays finite for a class that one side never had, and names it first', () => {
    const found = drift(counts(500, 0, 500), counts(0, 5000, 5000));
    expect(Number.isFinite(found?.psi)).toBe(true);
    expect(found?.classes[2]?.label).toBe(2);
  });

  it('says too few where chance alone moves as much', () => {
    const found = drift(counts(3, 0), counts(2, 5));
    expect(found?.level).toBe('too_few');
    expect(found?.expected_by_chance).toBeCloseTo(1 / 3 + 1 / 7, 12);
  });

  it('comes to what chance gives when both sides are drawn alike', () => {
    let state = 42;
    const random = () => {
      state = (state * 1103515245 + 12345) % 2147483648;
      return state / 2147483648;
    };
    const drawn = (n: number) => {
      const found = new Map<number, number>();
      for (let i = 0; i < n; i++) {
        const label = Math.floor(random() * 6);
        found.set(label, (found.get(label) ?? 0) + 1);
      }
      return found;
    };
    const trials = Array.from({ length: 200 }, () => drift(drawn(400), drawn(1000)));
    const mean = trials.reduce((sum, one) => sum + (one?.psi ?? 0), 0) / trials.length;
    const expected = trials[0]?.expected_by_chance as number;
    expect(mean / expected).toBeGreaterThan(0.8);
    expect(mean / expected).toBeLessThan(1.2);
  });

  it('says too few of one prediction on each side', () => {
    expect(drift(counts(1), counts(1))?.level).toBe('too_few');
  });

  it('counts only classes that were predicted: 100 of 1,000, in the same shares', () => {
    const used = (each: number) => counts(...Array.from({ length: 1000 }, (_, i) => (i % 10 === 0 ? each : 0)));
    const found = drift(used(110), used(10_000));
    expect(found?.psi).toBeLessThan(1e-9);
    expect(found).toMatchObject({ level: 'stable', current: 11_000, baseline: 1_000_000 });
    expect(found?.expected_by_chance).toBeCloseTo(99 * (1 / 11_000 + 1 / 1_000_000), 12);
    expect(found?.classes).toHaveLength(100);
  });

  it('is not moved by classes too rare to be expected in the smaller side', () => {
    const used = (each: number, rare: number) =>
      counts(...Array.from({ length: 1000 }, (_, i) => (i % 10 === 0 ? each : rare)));
    const found = drift(used(110, 0), used(10_000, 1));
    expect(found?.psi).toBeLessThan(0.02);
    expect(found?.level).toBe('stable');
  });

  it('is nothing while one side is empty', () => {
    expect(drift(counts(), counts(1))).toBeUndefined();
    expect(drift(counts(1), counts())).toBeUndefined();
  });
});
