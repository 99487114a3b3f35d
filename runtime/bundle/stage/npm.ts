import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { KatonicError } from '../../errors.js';

/** Runs npm in `folder`; throws {@link KatonicError} `package` with the end of its output when it fails. */
export async function npm(folder: string, args: readonly string[]): Promise<void> {
  const script = npmScript();
  // Without npm's own script at hand, Windows only finds `npm.cmd`, and only through a shell.
  const child =
    script === undefined
      ? spawn('npm', args, { cwd: folder, shell: process.platform === 'win32', stdio: ['ignore', 'pipe', 'pipe'] })
      : spawn(process.execPath, [script, ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString('utf8')).slice(-4000);
    });
  }
  const code = await new Promise<number | string>((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('close', (status) => resolve(status ?? 'a signal'));
  });
  if (code === 0) return;
  throw new KatonicError({
    code: 'package',
    message: `\`npm ${args[0]}\` of the production dependencies for linux-x64-glibc ended with ${code}:\n${output.trim()}`,
    remedy: 'Check the versions in package.json and that the npm registry can be reached.',
    where: { file: 'package.json' },
  });
}

function npmScript(): string | undefined {
  const besides = dirname(process.execPath);
  return [
    process.env.npm_execpath,
    join(besides, '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js'),
    join(besides, 'node_modules', 'npm', 'bin', 'npm-cli.js'),
  ].find((path) => path?.endsWith('npm-cli.js') && existsSync(path));
}
