import type { Label } from '../feedback/scoring.js';

export interface ClassDrift {
  readonly label: Label;
  readonly current: number;
  readonly baseline: number;
  /** This class's part of the sum. */
  readonly psi: number;
}

export interface Drift {
  /** Population stability index: 0 when both are distributed alike. */
  readonly psi: number;
  /** What the index comes to on average with these counts and no drift at all: (classes - 1)(1/current + 1/baseline). */
  readonly expected_by_chance: number;
  /** The usual reading: below 0.1 stable, below 0.25 moderate, else major. `too_few` where chance alone gives 0.1. */
  readonly level: 'too_few' | 'stable' | 'moderate' | 'major';
  /** The counts it rests on. */
  readonly current: number;
  readonly baseline: number;
  /** Largest part first. */
  readonly classes: readonly ClassDrift[];
}

/** Added to every count: a class that one side never predicted would make the index infinite. */
const SMOOTHING = 0.5;

const MODERATE = 0.1;
const MAJOR = 0.25;

/**
 * How far the distribution of predicted classes moved: the sum of (p - q) ln(p / q) over the classes.
 * `undefined` while one of the two sides is empty.
 *
 * Source: Siddiqi, Credit Risk Scorecards (2006), for the index and its reading; Yurdakul, Statistical Properties of
 * Population Stability Index (2018), for what chance gives.
 */
export function drift(
  current: ReadonlyMap<Label, number>,
  baseline: ReadonlyMap<Label, number>,
  labels: readonly Label[],
): Drift | undefined {
  const all = [...new Set([...labels, ...current.keys(), ...baseline.keys()])];
  const n = total(current);
  const m = total(baseline);
  if (n === 0 || m === 0) return undefined;
  const share = (counts: ReadonlyMap<Label, number>, label: Label, whole: number) =>
    ((counts.get(label) ?? 0) + SMOOTHING) / (whole + SMOOTHING * all.length);
  const classes = all.map((label): ClassDrift => {
    const p = share(current, label, n);
    const q = share(baseline, label, m);
    return {
      label,
      current: current.get(label) ?? 0,
      baseline: baseline.get(label) ?? 0,
      psi: (p - q) * Math.log(p / q),
    };
  });
  const psi = classes.reduce((sum, one) => sum + one.psi, 0);
  const chance = (all.length - 1) * (1 / n + 1 / m);
  return {
    psi,
    expected_by_chance: chance,
    level: chance >= MODERATE ? 'too_few' : psi < MODERATE ? 'stable' : psi < MAJOR ? 'moderate' : 'major',
    current: n,
    baseline: m,
    classes: classes.sort((a, b) => b.psi - a.psi),
  };
}

function total(counts: ReadonlyMap<Label, number>): number {
  return [...counts.values()].reduce((a, b) => a + b, 0);
}
