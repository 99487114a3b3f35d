import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Settings } from '../../runtime/settings.js';

export interface Front {
  readonly process: ChildProcess;
  readonly url: string;
  /** Of the workers. */
  readonly pids: readonly number[];
  /** Resolves when the front process has ended. */
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

/** Serves a package from a front process of its own, which a test may kill. `env` is added to ours. Needs a built dist/. */
export async function startFront(
  dir: string,
  settings: Partial<Settings> = {},
  env: NodeJS.ProcessEnv = {},
): Promise<Front> {
  const script = fileURLToPath(new URL('front-process.js', import.meta.url));
  const child = spawn(process.execPath, [script, dir, JSON.stringify(settings)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const ended = once(child, 'exit').then(([code, signal]) => ({ code, signal }));
  const line = await Promise.race([
    once(child.stdout, 'data').then(([chunk]) => String(chunk)),
    ended.then(({ code }) => {
      throw new Error(`the front process ended with ${code}: ${errors}`);
    }),
  ]);
  return { process: child, ended, ...(JSON.parse(line) as { url: string; pids: number[] }) };
}

/** Whether a process is there (one that has ended and was not collected yet counts as gone). */
export function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
