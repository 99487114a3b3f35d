import type { Logger } from '../launch/contract.js';
import type { Serving } from './serve.js';

/** npm hands on the signal that a terminal sends to all its processes: the same stop then comes twice. */
const REPEAT_MS = 1000;
const CODES = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * While the model loads nothing has to be finished: a signal ends the process, and the workers end with it. As process 1 of
 * a container nothing but a handler makes it do so.
 */
export function endOnSignals(): { release(): void } {
  const end = (signal: keyof typeof CODES): void => process.exit(CODES[signal]);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, end);
  const forgetNpm = whenNpmIsGone(() => end('SIGTERM'));
  return {
    release: () => {
      forgetNpm();
      process.off('SIGINT', end).off('SIGTERM', end);
    },
  };
}

/**
 * SIGTERM and SIGINT stop accepting and finish what runs; the process then exits with 0. The second one exits at once with
 * 128 + the signal's number, as a shell has it; the workers end with their parent.
 */
export function handleSignals(serving: Pick<Serving, 'close' | 'pool'>, logger: Logger, graceMs: number): void {
  let stoppedAt: number | undefined;
  const stop = (signal: 'SIGTERM' | 'SIGINT'): void => {
    const now = performance.now();
    if (stoppedAt !== undefined) {
      if (now - stoppedAt > REPEAT_MS) process.exit(CODES[signal]);
      return;
    }
    stoppedAt = now;
    const { queued, workers } = serving.pool.stats();
    const running = workers.reduce((sum, { pending }) => sum + pending, queued);
    const finishing = running === 0 ? '' : `, finishing ${running} requests within ${graceMs / 1000} s`;
    logger.info(`${signal}: no new requests${finishing}; once more stops at once`);
    serving.close().then(
      () => process.exit(0),
      (thrown) => {
        logger.exception('could not stop cleanly', thrown);
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', () => stop('SIGTERM'));
  process.on('SIGINT', () => stop('SIGINT'));
  whenNpmIsGone(() => {
    if (stoppedAt === undefined) stop('SIGTERM');
  });
}

/**
 * npm that is killed ends its shell and leaves what that runs. Under `npm run` a parent that is gone is that; anywhere else
 * it may be a shell that somebody has left. Gives what ends the watching.
 */
function whenNpmIsGone(stop: () => void): () => void {
  if (process.env.npm_lifecycle_event === undefined) return () => {};
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    stop();
  }, 500);
  timer.unref();
  return () => clearInterval(timer);
}
