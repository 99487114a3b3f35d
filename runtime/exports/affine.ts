import { normalisation } from './answers.js';
import type { Pixels, Said } from './facts.js';

/** One step at the front of a graph that does the same to each pixel: `x * factor` or `x + term`, the first value of each. */
export type Step = { readonly factor: number } | { readonly term: number };

/**
 * Which pixel values a graph takes, told by the scaling at its front: one that divides by about 255 or 128, or that
 * takes away means of the size of a pixel, takes 0..255; one that divides by standard deviations (or spreads 0..1 to
 * -1..1) takes 0..1. Undefined where the front tells nothing.
 */
export function rangeBefore(steps: readonly Step[], from: string): Said<Pixels> | undefined {
  let factor = 1;
  let largest = 0;
  for (const step of steps) {
    if ('factor' in step) factor *= step.factor;
    else largest = Math.max(largest, Math.abs(step.term / factor));
  }
  if (steps.length === 0 || !Number.isFinite(factor)) return undefined;
  if (Math.abs(factor) <= 0.1 || largest > 10)
    return { value: normalisation('0..255'), from: `${from} scales them itself` };
  if (Math.abs(factor) > 1.5) return { value: normalisation('0..1'), from: `${from} normalises them itself` };
  return undefined;
}
