import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { confidenceBin, latencyBin, latencyEdges, percentile } from '../../../runtime/feedback/bins.js';

describe('latency bins', () => {
  it('hold the duration between their edges', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.001, max: 900_000, noNaN: true }), (ms) => {
        const [low, high] = latencyEdges(latencyBin(ms));
        expect(ms).toBeGreaterThanOrEqual(low * (1 - 1e-12));
        expect(ms).toBeLessThanOrEqual(high * (1 + 1e-12));
      }),
    );
  });

  it('take anything a clock can say', () => {
    expect([-1, 0, Number.NaN, 1e12].map(latencyBin)).toEqual([0, 0, 0, 140]);
  });
});

describe('percentile', () => {
  it('is within a bin of the exact one', () => {
    const ms = fc.array(fc.double({ min: 0.2, max: 60_000, noNaN: true }), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(ms, fc.constantFrom(0.5, 0.9, 0.95, 0.99), (values, share) => {
        const bins = new Map<number, number>();
        for (const value of values) bins.set(latencyBin(value), (bins.get(latencyBin(value)) ?? 0) + 1);
        const exact = [...values].sort((a, b) => a - b)[Math.ceil(share * values.length) - 1] as number;
        const ratio = (percentile(bins, share) as number) / exact;
        expect(ratio).toBeGreaterThan(1 / 1.13);
        expect(ratio).toBeLessThan(1.13);
      }),
    );
  });

  it('of nothing is nothing', () => expect(percentile(new Map(), 0.5)).toBeUndefined());
});

it('confidence bins are tenths, 1 belongs to the last', () => {
  expect([0, 0.09, 0.1, 0.55, 0.999, 1, 1.2, -0.1].map(confidenceBin)).toEqual([0, 0, 1, 5, 9, 9, 9, 0]);
});
