import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planGeometry } from '../../../runtime/images/geometry.js';
import { fromHalf, toHalf } from '../../../runtime/images/half.js';
import { resample } from '../../../runtime/images/resample.js';

describe('planGeometry', () => {
  it.each([
    // Resize(256) truncates the long side; CenterCrop(224) halves an odd margin to even.
    [{ width: 403, height: 301 }, { resize: 256 }, { width: 342, height: 256 }, { left: 59, top: 16 }],
    [{ width: 301, height: 403 }, { resize: 256 }, { width: 256, height: 342 }, { left: 16, top: 59 }],
    [{ width: 403, height: 301 }, { resize: 225 }, { width: 301, height: 225 }, { left: 38, top: 0 }],
    [
      { width: 403, height: 301 },
      { resize: 225, centre: 'floor' },
      { width: 301, height: 225 },
      { left: 38, top: 0 },
    ],
    [{ width: 409, height: 301 }, { resize: 227 }, { width: 308, height: 227 }, { left: 42, top: 2 }],
    [
      { width: 409, height: 301 },
      { resize: 227, centre: 'floor' },
      { width: 308, height: 227 },
      { left: 42, top: 1 },
    ],
    [{ width: 500, height: 300 }, { fit: 'crop-first' }, { width: 374, height: 224 }, { left: 75, top: 0 }],
    [{ width: 100, height: 300 }, { fit: 'crop-first' }, { width: 225, height: 673 }, { left: 0, top: 224 }],
  ] as const)('%o %o', (source, rest, size, at) => {
    const plan = planGeometry(source, { width: 224, height: 224, ...rest });
    expect(plan.size).toEqual(size);
    expect(plan.crop).toEqual({ ...at, width: 224, height: 224 });
    expect(plan.pad).toBeUndefined();
  });

  it('needs no crop where the size fits', () => {
    expect(planGeometry({ width: 300, height: 300 }, { width: 224, height: 224 })).toEqual({
      size: { width: 224, height: 224 },
    });
    expect(planGeometry({ width: 9, height: 300 }, { width: 20, height: 10, fit: 'stretch' })).toEqual({
      size: { width: 20, height: 10 },
    });
  });

  it('always ends at the target, whatever the picture', () => {
    const side = fc.integer({ min: 1, max: 5000 });
    const target = fc.integer({ min: 1, max: 600 });
    fc.assert(
      fc.property(
        side,
        side,
        target,
        target,
        fc.constantFrom('crop', 'crop-first', 'pad', 'stretch'),
        fc.option(target),
        (w, h, width, height, fit, resize) => {
          const recipe = { width, height, fit, ...(resize === null ? {} : { resize }) } as const;
          const { size, crop, pad } = planGeometry({ width: w, height: h }, recipe);
          const padded = {
            width: size.width + (pad ? pad.left + pad.right : 0),
            height: size.height + (pad ? pad.top + pad.bottom : 0),
          };
          expect(
            Math.min(size.width, size.height, pad?.left ?? 0, pad?.top ?? 0, pad?.right ?? 0, pad?.bottom ?? 0),
          ).toBeGreaterThanOrEqual(0);
          expect(size.width * size.height).toBeGreaterThan(0);
          if (crop) {
            expect(crop.left + crop.width).toBeLessThanOrEqual(padded.width);
            expect(crop.top + crop.height).toBeLessThanOrEqual(padded.height);
          }
          expect(crop ? { width: crop.width, height: crop.height } : padded).toEqual({ width, height });
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('half floats', () => {
  it.each([
    [0, 0],
    [1, 0x3c00],
    [-2, 0xc000],
    [65504, 0x7bff],
    [65520, 0x7c00],
    [2 ** -24, 1],
    [2 ** -25, 0],
    [2 ** -14, 0x0400],
    [0.333251953125, 0x3555],
    [Number.POSITIVE_INFINITY, 0x7c00],
  ])('%f is %i', (value, bits) => expect(toHalf(value)).toBe(bits));

  it('come back the same, all 63,488 that are numbers', () => {
    for (let bits = 0; bits < 0x10000; bits++) {
      if ((bits & 0x7c00) !== 0x7c00) expect(toHalf(fromHalf(bits))).toBe(bits);
    }
    expect(fromHalf(toHalf(Number.NaN))).toBeNaN();
  });
});

describe('resample', () => {
  it('lays pixel centres on pixel centres', () => {
    const row = Uint8Array.of(0, 80, 160, 240);
    const size = { width: 4, height: 1 };
    const line = (kernel: 'linear' | 'nearest') => Array.from(resample(row, size, 1, { width: 8, height: 1 }, kernel));
    expect(line('linear')).toEqual([0, 20, 60, 100, 140, 180, 220, 240]);
    expect(line('nearest')).toEqual([0, 0, 80, 80, 160, 160, 240, 240]);
  });

  it('keeps a flat picture flat with every kernel', () => {
    const flat = new Uint8Array(5 * 7 * 3).fill(77);
    for (const kernel of ['nearest', 'linear', 'cubic', 'lanczos3'] as const) {
      expect(new Set(resample(flat, { width: 5, height: 7 }, 3, { width: 23, height: 3 }, kernel))).toEqual(
        new Set([77]),
      );
    }
  });
});
