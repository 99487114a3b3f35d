import type { Summary } from '../types.js';

export function Figures(_: { readonly summary: Summary }) {
  return null;
}
