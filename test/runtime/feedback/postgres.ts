import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { foundOrSkip } from '../../support/skip.js';

export interface Postgres {
  readonly url: string;
  /** Starts it again after `halt`. */
  start(): Promise<void>;
  /** Stops the server, keeps its data. */
  halt(): Promise<void>;
  /** Stops the server and removes its data. */
  stop(): Promise<void>;
}

/**
 * Starts a PostgreSQL of its own in a temporary folder (Debian's package, or `POSTGRES_BIN`). It refuses to run as root,
 * so under root it runs as the user postgres, or else nobody.
 */
export async function startPostgres(): Promise<Postgres> {
  const bin = binaries();
  if (bin === undefined)
    throw new Error('PostgreSQL is not installed: apt-get install postgresql, or set POSTGRES_BIN');
  const folder = mkdtempSync(join(tmpdir(), 'katonic-postgres-'));
  const user = process.getuid?.() === 0 ? owner() : undefined;
  if (user !== undefined) chownSync(folder, user.uid, user.gid);
  const data = join(folder, 'data');
  const port = await freePort();
  const options = { cwd: folder, ...user };
  execFileSync(join(bin, 'initdb'), ['-D', data, '-U', 'tester', '--auth=trust', '--encoding=UTF8', '--no-sync'], {
    ...options,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const args = ['-D', data, '-p', String(port), '-k', folder, '-h', '127.0.0.1'];
  let server: ChildProcess;
  const halt = async () => {
    if (server.exitCode !== null) return;
    const ended = once(server, 'exit');
    server.kill('SIGINT');
    await ended;
  };
  const stop = async () => {
    await halt();
    rmSync(folder, { recursive: true, force: true });
  };
  const start = async () => {
    server = spawn(join(bin, 'postgres'), args, { ...options, stdio: 'ignore' });
    for (let tries = 0; ; tries++) {
      const { status } = spawnSync(join(bin, 'pg_isready'), ['-h', '127.0.0.1', '-p', String(port), '-U', 'tester']);
      if (status === 0) return;
      if (tries > 100 || server.exitCode !== null) {
        await stop();
        throw new Error('PostgreSQL did not start');
      }
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  };
  await start();
  return { url: `postgres://tester@127.0.0.1:${port}/postgres`, start, halt, stop };
}

/** The folder of its programs, or one line that says what is skipped without them. */
export function postgresOrSkip(what: string): string | undefined {
  return foundOrSkip(binaries(), 'PostgreSQL', what);
}

function binaries(): string | undefined {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  return process.env.POSTGRES_BIN ?? (versions[0] === undefined ? undefined : join(debian, versions[0], 'bin'));
}

function owner(): { uid: number; gid: number } {
  for (const name of ['postgres', 'nobody']) {
    const [uid, gid] = ['-u', '-g'].map((flag) => Number(spawnSync('id', [flag, name], { encoding: 'utf8' }).stdout));
    if (uid && gid) return { uid, gid };
  }
  throw new Error('no user to run PostgreSQL as: neither postgres nor nobody exists');
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
