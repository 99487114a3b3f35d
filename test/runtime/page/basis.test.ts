import { expect, it } from 'vitest';
import type { Label } from '../../../runtime/feedback/scoring.js';
import { drift } from '../../../runtime/monitoring/drift.js';
import { basisOf } from '../../../runtime/page/basis.js';

const none = { feedback: null, coverage: null };
const counts = (cats: number, dogs: number) =>
  new Map<Label, number>([
    [1, cats],
    [2, dogs],
  ]);
const told = (now: Map<Label, number>, before: Map<Label, number>) =>
  basisOf({ ...none, drift: drift(now, before) ?? null });

it('tells drift with its level and the counts it rests on', () => {
  expect(told(counts(900, 100), counts(600, 1400))).toEqual([
    ['Drift', 'major, PSI 1.82: 1,000 predictions against 2,000 before'],
  ]);
});

it('shows no index where the counts are too few to tell', () => {
  expect(told(counts(3, 1), counts(1, 5))).toEqual([['Drift', 'too few to tell: 4 predictions against 6 before']]);
});

it('says how many predictions have feedback, and nothing where there is none', () => {
  const coverage = { predictions: 1500, with_feedback: 300, share: 0.2 };
  expect(basisOf({ ...none, coverage, drift: null })).toEqual([
    ['Coverage', '20.0%: 300 of 1,500 predictions have feedback'],
  ]);
  expect(basisOf({ ...none, coverage: { ...coverage, share: null }, drift: null })).toEqual([]);
});
