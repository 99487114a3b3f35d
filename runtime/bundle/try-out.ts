import process from 'node:process';
import { KatonicError, type Problem } from '../errors.js';
import type { Logger } from '../launch/contract.js';
import type { LaunchInfo } from '../workers/messages.js';
import { Worker } from '../workers/worker.js';

const SILENT: Logger = { debug() {}, info() {}, warning() {}, error() {}, exception() {} };

/**
 * Starts the launch module once, as serving would, in a process of its own: what an upload is made of has run before.
 * Throws the {@link KatonicError} that starting gave.
 */
export async function tryOut(packageDir: string): Promise<LaunchInfo> {
  const { promise, resolve, reject } = withResolvers<LaunchInfo>();
  const worker = new Worker(
    { packageDir, env: process.env, timeoutMs: 30_000, logger: SILENT },
    {
      onReady: (_, info) => resolve(info),
      onReply: () => {},
      onGone: (_, problem: Problem) => reject(new KatonicError(problem)),
    },
  );
  try {
    return await promise;
  } finally {
    await worker.shutdown();
  }
}

function withResolvers<T>() {
  let resolve!: (value: T) => void;
  let reject!: (reason: unknown) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
