import { useCallback, useEffect, useState } from 'preact/hooks';
import { getHealth, getSummary, type RefusedError } from './api.js';
import type { Refusal, Summary } from './types.js';

export type Health = 'ready' | 'loading' | 'away';

const LOOK_MS = 1000;

interface Service {
  /** `undefined` until the server has told it. */
  readonly summary: Summary | undefined;
  readonly health: Health;
  /** Why there is no summary. */
  readonly problem: Refusal | undefined;
}

/**
 * What is served, and whether it is there. Looked at until it is ready, and again from when somebody calls the given
 * function because it did not answer.
 */
export function useService(): [Service, onLost: () => void] {
  const [service, setService] = useState<Service>({ summary: undefined, health: 'loading', problem: undefined });
  const ready = service.health === 'ready';

  useEffect(() => {
    if (ready) return;
    let timer: ReturnType<typeof setTimeout>;
    let gone = false;
    const look = async () => {
      // Health first: the engines are in the summary once a worker is ready, and not before.
      const health = await getHealth();
      const next = await getSummary().then(
        (summary) => ({ summary, health, problem: undefined }),
        (error: RefusedError) => ({ health: 'away' as const, problem: error.refusal }),
      );
      if (gone) return;
      setService((before) => ({ ...before, ...next }));
      timer = setTimeout(look, LOOK_MS);
    };
    void look();
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [ready]);

  return [service, useCallback(() => setService((before) => ({ ...before, health: 'away' })), [])];
}
