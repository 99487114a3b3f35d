import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cases, expected, exportsFolder, ourAnswers, pictures } from './parity.js';

describe('answers agree with the tool that the export is made for', () => {
  test.each(Object.entries(cases))('%s', async (name, { tolerance, answers = {} }) => {
    const files = pictures.map((picture) => join(exportsFolder, 'pictures', picture));
    const ours = await ourAnswers(join(exportsFolder, name), answers, files);
    for (const picture of pictures) {
      const full = expected(name, picture);
      const off = Math.max(...full.map((value, index) => Math.abs(value - ours[picture]![index]!)));
      if (process.env.SHOW) console.log(name, picture, off.toFixed(4));
      expect.soft(off, `${name} ${picture}: ${full} against ${ours[picture]}`).toBeLessThanOrEqual(tolerance);
      expect.soft(top(ours[picture]!), picture).toBe(top(full));
    }
  });
});

function top(values: readonly number[]): number {
  return values.indexOf(Math.max(...values));
}
