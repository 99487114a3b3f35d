import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ignore from 'ignore';

/**
 * Which of `paths` (relative to `folder`, with `/`) git ignores. Git itself is asked inside a repository; elsewhere the
 * `.gitignore` files of the package are read, since a scaffold has them before its first `git init`.
 */
export function ignoredByGit(folder: string, paths: readonly string[]): Set<string> {
  if (paths.length === 0) return new Set();
  const git = spawnSync('git', ['check-ignore', '-z', '--stdin'], {
    cwd: folder,
    input: paths.join('\0'),
    encoding: 'utf8',
  });
  // 0: some are ignored, 1: none; anything else: no git, or no repository.
  if (git.error === undefined && (git.status === 0 || git.status === 1)) {
    return new Set(git.stdout.split('\0').filter((path) => path !== ''));
  }
  return new Set(paths.filter((path) => ignoredByFiles(folder, path)));
}

/** The deepest `.gitignore` that says something about the path decides, as in git. */
function ignoredByFiles(folder: string, path: string): boolean {
  const parts = path.split('/');
  for (let depth = parts.length; depth > 0; depth--) {
    // An ignored folder cannot be re-included from below: parents first.
    const upTo = parts.slice(0, parts.length - depth + 1).join('/');
    const isFolder = depth > 1;
    if (decision(folder, upTo, isFolder) === true) return true;
  }
  return false;
}

function decision(folder: string, path: string, isFolder: boolean): boolean | undefined {
  for (let at = dirname(path); ; at = dirname(at)) {
    const file = join(folder, at, '.gitignore');
    if (existsSync(file)) {
      const within = at === '.' ? path : path.slice(at.length + 1);
      const said = ignore()
        .add(readFileSync(file, 'utf8'))
        .test(isFolder ? `${within}/` : within);
      if (said.ignored) return true;
      if (said.unignored) return false;
    }
    if (at === '.') return undefined;
  }
}
