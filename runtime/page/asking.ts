import { useCallback, useRef, useState } from 'preact/hooks';
import { classify, preview, RefusedError } from './api.js';
import type { Asked, Picture, Seen, Summary } from './types.js';

/** Gives the picture to ask about; a sample has to be fetched first. */
export type Source = (signal: AbortSignal) => Picture | Promise<Picture>;

/**
 * The last picture and what became of it, and the function that asks about the next one. The request before is
 * aborted, and nothing of it is shown any more, however late it comes.
 */
export function useAsking(summary: Summary | undefined, onLost: () => void): [Asked, (source: Source) => void] {
  const [asked, setAsked] = useState<Asked>({ state: 'empty' });
  const running = useRef<AbortController>();

  const ask = useCallback(
    async (source: Source) => {
      if (!summary) return;
      running.current?.abort();
      running.current = new AbortController();
      const { signal } = running.current;
      let picture: Picture | undefined;
      try {
        const chosen = await source(signal);
        signal.throwIfAborted();
        picture = chosen;
        setAsked((before) => ({ state: 'waiting', picture: chosen, ...lastOf(before) }));
        const answer = await classify(chosen, summary, signal);
        const answered = { state: 'answered', picture: chosen, answer } as const;
        setAsked({ ...answered, seen: { state: 'waiting' } });
        const seen = await seenOf(chosen, summary, signal);
        setAsked({ ...answered, seen });
      } catch (error) {
        if (signal.aborted) return;
        const refusal =
          error instanceof RefusedError ? error.refusal : { status: 500, message: `This page failed: ${error}` };
        setAsked({ state: 'refused', ...(picture && { picture }), refusal });
        if (refusal.status === 0) onLost();
        if (!(error instanceof RefusedError)) throw error;
      }
    },
    [summary, onLost],
  );
  return [asked, (source) => void ask(source)];
}

function lastOf(before: Asked) {
  const last = before.state === 'answered' ? before.answer : before.state === 'waiting' ? before.last : undefined;
  return last && { last };
}

/** An answer is good without its preview: one that is refused only says so. */
async function seenOf(picture: Picture, summary: Summary, signal: AbortSignal): Promise<Seen> {
  try {
    const png = await preview(picture, summary, signal);
    return png ? { state: 'shown', png } : { state: 'none' };
  } catch (error) {
    if (error instanceof RefusedError) return { state: 'none', why: error.message };
    throw error;
  }
}
