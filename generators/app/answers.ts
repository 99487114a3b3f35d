import validateName from 'validate-npm-package-name';
import type { Assumption, ExportReading } from '../../runtime/exports/reading.js';
import type { Class, ClassType } from './classes.js';
import { refusal } from './refusal.js';

/** Everything the plan is made from: complete and checked; nothing after this asks or doubts. */
export interface Answers {
  /** Absolute. */
  readonly folder: string;
  readonly name: string;
  readonly description: string;
  readonly type: ClassType;
  /** In the order of the model's outputs. */
  readonly classes: readonly Class[];
  readonly model: ModelAnswer;
}

export interface ModelAnswer {
  readonly source: 'example' | 'export';
  readonly reading: ExportReading;
  /** The example's outputs stand in for classes it was not trained on, or for a part of its own. */
  readonly standIn: boolean;
  /** What a person or a default said because the export does not. */
  readonly chosen: readonly Assumption['field'][];
}

/** Throws a refusal with npm's own reason. */
export function parseName(text: string): string {
  const name = text.trim();
  const verdict = validateName(name);
  if (verdict.validForNewPackages) return name;
  const [reason = 'it is no package name'] = [...(verdict.errors ?? []), ...(verdict.warnings ?? [])].reverse();
  const better = name
    .toLowerCase()
    .replace(/[^a-z0-9@/._-]+/g, '-')
    .replace(/^[._-]+|-+$/g, '');
  const hint = better !== name && validateName(better).validForNewPackages ? `Try "${better}".` : undefined;
  throw refusal(`npm refuses "${text}": ${reason}`, hint);
}

/** One line of text; throws for control characters, which package.json and comments cannot show. */
export function parseDescription(text: string): string {
  const line = text.trim();
  if (/\p{Cc}/u.test(line)) throw refusal('expected one line of text; control characters came');
  if (line === '') throw refusal('expected a few words');
  return line;
}

/** `224` or `320x240`, as width and height in pixels. */
export function parseSize(text: string): { width: number; height: number } {
  const match = /^\s*(\d{1,5})\s*(?:[x×*]\s*(\d{1,5})\s*)?$/i.exec(text);
  const width = Number(match?.[1]);
  const height = Number(match?.[2] ?? match?.[1]);
  const fits = (side: number) => side >= 1 && side <= 4096;
  if (match === null || !fits(width) || !fits(height)) {
    throw refusal(`expected a size in pixels between 1 and 4096, such as 224 or 320x240; got "${text}"`);
  }
  return { width, height };
}

export function sizeText(size: { readonly width: number; readonly height: number }): string {
  return size.width === size.height ? String(size.width) : `${size.width}x${size.height}`;
}
