import { spawnSync } from 'node:child_process';

/** The first Python 3.8 or later of this machine; KATONIC_PYTHON names another. */
export function findPython(): string | undefined {
  return [process.env.KATONIC_PYTHON, 'python3', 'python'].find((name) => {
    if (name === undefined || name === '') return false;
    const { status } = spawnSync(name, ['-c', 'import sys; sys.exit(sys.version_info < (3, 8))']);
    return status === 0;
  });
}

/**
 * Python, or one line that says what is skipped without it. Where everything has to be there (CI), its absence is
 * a failure.
 */
export function pythonOrSkip(what: string): string | undefined {
  const python = findPython();
  if (python !== undefined) return python;
  if (process.env.CI === 'true') throw new Error(`python3 is missing, and ${what} needs it`);
  process.stderr.write(`skipped: ${what} (python3 is not there)\n`);
  return undefined;
}
