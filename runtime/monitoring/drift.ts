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
  /** What the index comes to on average with these counts and no drift: (classes predicted - 1)(1/current + 1/baseline). */
  readonly expected_by_chance: number;
  /** The usual reading: below 0.1 stable, below 0.25 moderate, else major. `too_few` where chance alone gives 0.1. */
  readonly level: 'too_few' | 'stable' | 'moderate' | 'major';
  /** The counts it rests on. */
  readonly current: number;
  readonly baseline: number;
  /** Those predicted on either side, largest part first. */
  readonly classes: readonly ClassDrift[];
}

/**
 * For each class, so much is added to both sides, spread as both together are distributed: a class that one side never
 * predicted would make the index infinite. Equal parts for all would not do: where the sides differ in size, they make a
 * difference of their own for every rare class.
 */
const SMOOTHING = 0.5;

const MODERATE = 0.1;
const MAJOR = 0.25;

/**
 * How far the distribution of predicted classes moved: the sum of (p - q) ln(p / q) over the classes that were predicted
 * on either side. `undefined` while one of the two sides is empty.
 *
 * Source: Siddiqi, Credit Risk Scorecards (2006), for the index and its reading; Yurdakul, Statistical Properties of
 * Population Stability Index (2018), for what chance gives; Zhai and Lafferty, A Study of Smoothing Methods (2004), for
 * smoothing towards both together (Dirichlet prior).
 */
export function drift(current: ReadonlyMap<Label, number>, baseline: ReadonlyMap<Label, number>): Drift | undefined {
  const n = total(current);
  const m = total(baseline);
  if (n === 0 || m === 0) return undefined;
  const predicted = [...new Set([...current.keys(), ...baseline.keys()])];
  const added = SMOOTHING * predicted.length;
  const classes = predicted.map((label): ClassDrift => {
    const [here, before] = [current.get(label) ?? 0, baseline.get(label) ?? 0];
    const both = (here + before) / (n + m);
    const p = (here + added * both) / (n + added);
    const q = (before + added * both) / (m + added);
    return { label, current: here, baseline: before, psi: (p - q) * Math.log(p / q) };
  });
  const psi = classes.reduce((sum, one) => sum + one.psi, 0);
  // One class seen so far does not mean that there is only one.
  const chance = (Math.max(2, classes.length) - 1) * (1 / n + 1 / m);
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
