import { pathToFileURL } from 'node:url';

/** Runs in Node's loader thread, on versions without `registerHooks`; the same last resort as in `resolve.ts`. */
let ours: Readonly<Record<string, string>> = {};

export function initialize(data: Readonly<Record<string, string>>): void {
  ours = data;
}

type Next = (specifier: string, context: unknown) => Promise<{ url: string }>;

export async function resolve(
  specifier: string,
  context: unknown,
  next: Next,
): Promise<{ url: string; shortCircuit?: boolean }> {
  const fallback = Object.hasOwn(ours, specifier) ? ours[specifier] : undefined;
  if (fallback === undefined) return next(specifier, context);
  try {
    return await next(specifier, context);
  } catch {
    return { url: pathToFileURL(fallback).href, shortCircuit: true };
  }
}
