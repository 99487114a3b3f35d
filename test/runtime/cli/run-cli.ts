import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach } from 'vitest';
import { compiled } from '../../../runtime/package-root.js';

const running = new Set<ChildProcess>();
afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
});

export interface Run {
  readonly child: ChildProcess;
  readonly output: { out: string; err: string };
  /** Resolves with the exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
  /** Resolves with the match when standard output or error holds the pattern. */
  until(pattern: RegExp): Promise<RegExpExecArray>;
}

/** Runs `katonic-classifier` in a process of its own, with no setting from outside. */
export function runCli(args: readonly string[], options: { cwd?: string; env?: NodeJS.ProcessEnv } = {}): Run {
  return track(
    spawn(process.execPath, [compiled('runtime/cli/cli.js'), ...args], {
      ...options,
      env: { PATH: process.env.PATH, ...options.env },
    }),
  );
}

export function track(child: ChildProcess): Run {
  running.add(child);
  const output = { out: '', err: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output.out += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    output.err += text;
  });
  const ended = once(child, 'close').then(([code, signal]) => {
    running.delete(child);
    return (code ?? signal) as number | string;
  });
  const until = async (pattern: RegExp): Promise<RegExpExecArray> => {
    for (let done = false; ; ) {
      const match = pattern.exec(output.out) ?? pattern.exec(output.err);
      if (match !== null) return match;
      if (done) throw new Error(`ended before ${pattern}:\n${output.out}\n${output.err}`);
      done = await Promise.race([
        ended.then(() => true),
        new Promise<false>((resolve) => setTimeout(resolve, 25, false)),
      ]);
    }
  };
  return { child, output, ended, until };
}
