import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Unpacks as the platform might, with Python's own module. */
export function unzip(python: string, zip: string, folder: string): void {
  mkdirSync(folder, { recursive: true });
  execFileSync(python, ['-m', 'zipfile', '-e', zip, folder]);
}

export interface Platform {
  readonly url: string;
  readonly process: ChildProcess;
  /** What it has printed so far. */
  log(): string;
  predict(data: unknown): Promise<Response>;
  /** Process ids of the Node.js children. */
  children(): number[];
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** Starts the stand-in (app.py) in the folder of an unpacked upload, on a free port. */
export async function startPlatform(python: string, upload: string, env: NodeJS.ProcessEnv = {}): Promise<Platform> {
  const here = fileURLToPath(new URL('.', import.meta.url));
  const args = ['-m', 'uvicorn', '--app-dir', here, 'app:app', '--host', '127.0.0.1', '--port', '0'];
  const child = spawn(python, args, {
    cwd: upload,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  const url = await new Promise<string>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        log += text;
        const at = /Uvicorn running on (http:\/\/\S+)/.exec(log)?.[1];
        if (at !== undefined) resolve(at);
      });
    }
    child.once('exit', (code) => reject(new Error(`the stand-in ended with ${code}:\n${log}`)));
  });
  return {
    url,
    process: child,
    log: () => log,
    predict: (data) =>
      fetch(`${url}/api/v1/predict`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ data }),
      }),
    children: () => childrenOf(child.pid as number),
    stop: async (signal = 'SIGTERM') => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill(signal);
      await ended;
    },
  };
}

function childrenOf(pid: number): number[] {
  const table = execFileSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n');
  return table
    .map((row) => row.trim().split(/\s+/).map(Number))
    .flatMap(([own, parent]) => (parent === pid ? [own as number] : []));
}
