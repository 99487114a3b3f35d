import { shared } from './shared.js';

/** What the request around a `readImage` wants of it. Launch files call it without knowing of requests. */
export interface RequestScope {
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
  /** Told `true` when a picture is being fetched by its URL, `false` when none is any more. */
  onFetching(fetching: boolean): void;
}

interface Held extends RequestScope {
  fetches: number;
}

const scopes = shared<Held>('request');

/** Runs `work` with the scope around it, however deep `readImage` is called inside. */
export function inRequest<T>(scope: RequestScope, work: () => T): T {
  return scopes.run({ signal: scope.signal, onFetching: (fetching) => scope.onFetching(fetching), fetches: 0 }, work);
}

/** The signal of the request around the caller, unless it has one of its own. */
export function requestSignal(own: AbortSignal | undefined): AbortSignal | undefined {
  return own ?? scopes.getStore()?.signal;
}

/** Runs a fetch and tells the request around it, if there is one, that it waits for the network. */
export async function whileFetching<T>(work: () => Promise<T>): Promise<T> {
  const scope = scopes.getStore();
  if (scope === undefined) return work();
  scope.fetches += 1;
  if (scope.fetches === 1) scope.onFetching(true);
  try {
    return await work();
  } finally {
    scope.fetches -= 1;
    if (scope.fetches === 0) scope.onFetching(false);
  }
}
