import { lstatSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { isAbsolute, join, posix, relative, sep } from 'node:path';
import type { Finding } from '../../errors.js';

/** Litter of operating systems and editors, and folders that never are a source: passed over without a word. */
const LITTER = /(^|\/)(node_modules|\.git|\.katonic|\.DS_Store|Thumbs\.db|desktop\.ini|__pycache__)(\/|$)|~$|\.sw[op]$/;

/** Files below some paths of a package, relative to it, with `/`; and what there can be in no upload. */
export interface FileTree {
  readonly files: readonly string[];
  readonly findings: readonly Finding[];
}

/**
 * Lists `paths` (files or folders, relative to `folder`; one that is not there is passed over). Links are followed as
 * long as they stay in the package: what they point to elsewhere nobody meant to hand out.
 */
export function fileTree(folder: string, paths: readonly string[]): FileTree {
  const root = realpathSync(folder);
  const findings: Finding[] = [];
  const files = paths.flatMap((path) => list(path, []));
  return { files, findings };

  function list(path: string, parents: readonly string[]): string[] {
    const full = join(folder, path);
    if (LITTER.test(path)) return [];
    // Node.js reads such a name with a replacement in it, and finds no file under that.
    if (path.includes('\uFFFD')) return refuse(path, 'has a name that is not UTF-8', 'rename it');
    if (lstatSync(full, { throwIfNoEntry: false }) === undefined) return [];
    const real = realPath(full);
    if (real === undefined) return refuse(path, 'is a link that leads nowhere', 'remove the link');
    const within = relative(root, real);
    if (within === '..' || within.startsWith(`..${sep}`) || isAbsolute(within))
      return refuse(path, `is a link to ${real}, outside the package`, 'put a copy of what is meant in its place');
    const stat = statSync(real);
    if (stat.isDirectory()) {
      if (parents.includes(real)) return refuse(path, 'is a link to a folder that it lies in', 'remove the link');
      return readdirSync(full).flatMap((name) => list(posix.join(path, name), [...parents, real]));
    }
    if (!stat.isFile()) return refuse(path, 'is a socket, a pipe or a device', 'remove it');
    const odd = oddName(path);
    return odd === undefined ? [path] : refuse(path, odd, 'rename it');
  }

  function refuse(path: string, why: string, remedy: string): string[] {
    const file = printable(path);
    findings.push({ severity: 'error', rule: 'package/no-file', message: `${file} ${why}`, remedy, file });
    return [];
  }
}

/** `undefined` for a link whose end is missing, or that only leads to itself. */
function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch (error) {
    if (['ENOENT', 'ELOOP'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

/** Names that a zip, git or another system gives back as a different one. */
function oddName(path: string): string | undefined {
  if (printable(path) !== path) return 'has a control character in its name';
  return path.includes('\\') ? 'has a backslash in its name, which parts folders in a zip' : undefined;
}

function printable(path: string): string {
  return path.replace(/\p{Cc}/gu, (character) => JSON.stringify(character).slice(1, -1));
}
