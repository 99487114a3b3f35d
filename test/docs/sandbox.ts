/** Where the shell blocks of the documentation run: folders, commands on the PATH, environment. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { compiled } from '../../runtime/package-root.js';

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface Sandbox {
  /** A temporary folder; everything that is written lies below it. */
  readonly dir: string;
  readonly env: NodeJS.ProcessEnv;
  /** Adds a command to the PATH. */
  command(name: string, script: string): void;
  /** Runs a script in bash, which stops at the first command that fails. */
  run(script: string, cwd: string, timeoutMs?: number): Promise<Ran>;
  /** Starts a script in a process group of its own, and ends the group in {@link remove}. */
  start(script: string, cwd: string): ChildProcess;
  remove(): void;
}

const node = JSON.stringify(process.execPath);
const cli = JSON.stringify(compiled('runtime/cli/cli.js'));
const generator = JSON.stringify(compiled('generators/cli.js'));

/**
 * Commands that users get from npm come from this checkout. `curl` fails at a refusal (its own settings file says so), so
 * that an example whose request is refused is not taken for one that works.
 */
export function makeSandbox(more: NodeJS.ProcessEnv = {}): Sandbox {
  const dir = mkdtempSync(join(tmpdir(), 'katonic-docs-'));
  const bin = join(dir, 'bin');
  mkdirSync(bin);
  writeFileSync(join(dir, '.curlrc'), 'fail-with-body\nsilent\nshow-error\nmax-time = 30\n');
  const env: NodeJS.ProcessEnv = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (!/^(npm_|VITEST|KATONIC_|NODE_ENV$|NODE_OPTIONS$|PORT$|HOST$|DATABASE_URL$|OTEL_)/.test(name))
      env[name] = value;
  }
  Object.assign(env, { PATH: `${bin}${delimiter}${env.PATH}`, CURL_HOME: dir, NO_UPDATE_NOTIFIER: '1' }, more);
  const running = new Set<ChildProcess>();
  const begin = (script: string, cwd: string) => {
    const child = spawn('bash', ['-euo', 'pipefail', '-c', script], {
      cwd,
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.add(child);
    return child;
  };
  const sandbox: Sandbox = {
    dir,
    env,
    command: (name, script) => {
      writeFileSync(join(bin, name), script);
      chmodSync(join(bin, name), 0o755);
    },
    run: async (script, cwd, timeoutMs = 60_000) => {
      const child = begin(script, cwd);
      const output = { out: '', err: '' };
      child.stdout?.setEncoding('utf8').on('data', (text: string) => {
        output.out += text;
      });
      child.stderr?.setEncoding('utf8').on('data', (text: string) => {
        output.err += text;
      });
      const timer = setTimeout(() => endGroup(child), timeoutMs);
      const [code] = (await once(child, 'close')) as [number | null];
      clearTimeout(timer);
      running.delete(child);
      return { code, ...output };
    },
    start: begin,
    remove: () => {
      for (const child of running) endGroup(child);
      rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
  sandbox.command('katonic-classifier', `#!/bin/sh\nexec ${node} ${cli} "$@"\n`);
  sandbox.command('yo', `#!/bin/sh\n[ "$1" = katonic-classifier ] || exit 64\nshift\nexec ${node} ${generator} "$@"\n`);
  sandbox.command(
    'npx',
    `#!/bin/sh
name="$1"
case "$name" in
  katonic-classifier) shift; exec ${node} ${cli} "$@" ;;
  generator-katonic-classifier) shift; exec ${node} ${generator} "$@" ;;
esac
echo "npx $name: the documentation may use katonic-classifier and generator-katonic-classifier" >&2
exit 64
`,
  );
  return sandbox;
}

/** SIGKILL after SIGTERM would be politer, but nothing here keeps what is not in the temporary folder. */
export function endGroup(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ESRCH') throw thrown;
  }
}

/** The first address that a starting server prints. Throws with its output when it ends before. */
export function urlOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const read = (chunk: Buffer) => {
      text += chunk.toString();
      const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(text) ?? [];
      if (url !== undefined) resolve(url);
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('exit', (code) => reject(new Error(`ended with ${code} before it served:\n${text}`)));
  });
}
