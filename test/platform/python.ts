import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { foundOrSkip } from '../support/skip.js';

export interface Python {
  /** `3.12`. */
  readonly version: string;
  /** The interpreter's own path. */
  readonly path: string;
}

const OLDEST = 8;
const MINORS = [8, 9, 10, 11, 12, 13, 14];

/** Every Python from 3.8 up at hand, one a version, the usual one first: on PATH, or kept by pyenv. */
export function pythons(): readonly Python[] {
  const found = new Map<string, Python>();
  for (const name of candidates()) {
    const python = tried(name);
    if (python !== undefined && !found.has(python.version)) found.set(python.version, python);
  }
  return [...found.values()];
}

/** The usual Python of this machine, 3.8 or later; KATONIC_PYTHON names another. */
export function findPython(): string | undefined {
  for (const name of candidates()) {
    const python = tried(name);
    if (python !== undefined) return python.path;
  }
  return undefined;
}

/** Python, or one line that says what is skipped without it. */
export function pythonOrSkip(what: string): string | undefined {
  return foundOrSkip(findPython(), 'python3', what);
}

function candidates(): string[] {
  const named = process.env.KATONIC_PYTHON;
  const pyenv = join(process.env.PYENV_ROOT ?? join(homedir(), '.pyenv'), 'versions');
  const kept = existsSync(pyenv) ? readdirSync(pyenv).map((version) => join(pyenv, version, 'bin', 'python3')) : [];
  return [...(named ? [named] : []), 'python3', 'python', ...MINORS.map((minor) => `python3.${minor}`), ...kept];
}

function tried(name: string): Python | undefined {
  const script = 'import sys; print("%d.%d" % sys.version_info[:2], sys.executable)';
  const { status, stdout } = spawnSync(name, ['-c', script], { encoding: 'utf8' });
  const said = status === 0 ? /^(3\.(\d+)) (.+)\n$/.exec(stdout) : null;
  return said !== null && Number(said[2]) >= OLDEST
    ? { version: said[1] as string, path: said[3] as string }
    : undefined;
}
