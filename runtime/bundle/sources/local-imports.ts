import { isAbsolute, join, relative, sep } from 'node:path';
import { build, type Metafile } from 'esbuild';
import type { Finding } from '../../errors.js';

/** The files that the entries import, and theirs: relative imports only, libraries stay outside. */
export interface LocalImports {
  /** Relative to the package, with `/`, the entries among them. */
  readonly files: readonly string[];
  /** An import that cannot be resolved, or one that leaves the package. */
  readonly findings: readonly Finding[];
}

/** Follows imports without running anything: esbuild reads the syntax and its metafile lists what it read. */
export async function localImports(folder: string, entries: readonly string[]): Promise<LocalImports> {
  const result = await build({
    absWorkingDir: folder,
    entryPoints: [...entries],
    bundle: true,
    packages: 'external',
    write: false,
    metafile: true,
    outdir: join(folder, '.never-written'),
    platform: 'node',
    format: 'esm',
    logLevel: 'silent',
    // `paths` of a tsconfig.json above would lead out of the package; serving does not read them either.
    tsconfigRaw: {},
    loader: { '.node': 'file' },
  }).catch((error: { errors?: readonly { text: string; location?: { file: string; line: number } | null }[] }) => {
    if (error.errors === undefined) throw error;
    return error.errors.map(
      (problem): Finding => ({
        severity: 'error',
        rule: 'package/import',
        message: problem.text,
        remedy: 'correct the import: an upload holds only files inside the package',
        ...(problem.location ? { file: problem.location.file, line: problem.location.line } : {}),
      }),
    );
  });
  if (Array.isArray(result)) return { files: entries, findings: result };
  const read = Object.keys((result.metafile as Metafile).inputs).map((path) => inside(folder, path));
  return {
    files: read.filter((path) => !outside(path)),
    findings: read.filter(outside).map((path) => ({
      severity: 'error',
      rule: 'package/import-outside',
      message: `${path} is imported but lies outside the package`,
      remedy: 'move it into the package, or make it a dependency in package.json',
      file: path,
    })),
  };
}

function inside(folder: string, path: string): string {
  const within = isAbsolute(path) ? relative(folder, path) : path;
  return within.split(sep).join('/');
}

function outside(path: string): boolean {
  return path.startsWith('../') || isAbsolute(path);
}
