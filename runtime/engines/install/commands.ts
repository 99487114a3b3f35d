import { spawn } from 'node:child_process';
import { KatonicError } from '../../errors.js';

interface CommandOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** Runs a command and gives what it printed; a command that is not there is `ok: false`. */
export function capture(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<{ ok: boolean; output: string }> {
  return new Promise((resolve) => {
    const env = { ...process.env, ...options.env };
    const child = spawn(command, args, { cwd: options.cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const parts: Buffer[] = [];
    child.stdout.on('data', (part: Buffer) => parts.push(part));
    child.stderr.on('data', (part: Buffer) => parts.push(part));
    child.on('error', (error) => resolve({ ok: false, output: error.message }));
    child.on('close', (code) => resolve({ ok: code === 0, output: Buffer.concat(parts).toString() }));
  });
}

/** {@link capture}, with a failure as a {@link KatonicError} that carries the last lines the command printed. */
export async function run(
  command: string,
  args: readonly string[],
  options: CommandOptions & { what: string },
): Promise<void> {
  const { ok, output } = await capture(command, args, options);
  if (ok) return;
  const tail = output.trimEnd().split('\n').slice(-12).join('\n');
  throw new KatonicError({
    code: 'engine',
    message: `${options.what}: "${command} ${args.join(' ')}" failed:\n${tail}`,
    remedy: 'Correct what it complains about and run the same command again; it starts over.',
  });
}
