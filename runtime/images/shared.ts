import { AsyncLocalStorage } from 'node:async_hooks';

/** A package may bring its own copy of this runtime: the process and its copies share one storage of each name. */
export function shared<T>(name: string): AsyncLocalStorage<T> {
  const places = globalThis as { [key: symbol]: AsyncLocalStorage<T> | undefined };
  const key = Symbol.for(`generator-katonic-classifier/${name}`);
  places[key] ??= new AsyncLocalStorage<T>();
  return places[key];
}
