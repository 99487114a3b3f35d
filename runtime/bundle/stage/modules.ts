import { copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Finding } from '../../errors.js';
import { packageRoot } from '../../package-root.js';
import type { PackageJson, Sources } from '../sources/allow-list.js';
import { npm } from './npm.js';
import { prune } from './prune.js';

const OURSELVES = 'generator-katonic-classifier';

/** Built for the platform, whatever machine this is: npm chooses the prebuilt binaries by these. */
const PLATFORM = ['--os=linux', '--cpu=x64', '--libc=glibc'];

export interface Modules {
  /** Exact versions of what `app/node_modules` holds at its top, by name. */
  readonly versions: Readonly<Record<string, string>>;
  readonly findings: readonly Finding[];
}

/**
 * Installs the package's production dependencies and `runtime` (names of libraries that the bundled runtime calls)
 * into `app/node_modules` for linux-x64-glibc, without running install scripts, and prunes what is not for it.
 * Versions come from the lockfile next to the package, else from our own.
 */
export async function installModules(sources: Sources, runtime: readonly string[], app: string): Promise<Modules> {
  const wanted = dependencies(sources, runtime);
  const lock = lockfile(sources.folder);
  const findings = lock === undefined ? unpinned(wanted) : [];
  if (lock !== undefined) copyFileSync(lock, join(app, 'package-lock.json'));
  const file = join(app, 'package.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as object;
  writeFileSync(file, JSON.stringify({ ...manifest, dependencies: wanted }, null, 2));
  const quiet = ['--no-audit', '--no-fund', '--no-progress', '--loglevel=error'];
  await npm(app, [
    'install',
    ...PLATFORM,
    '--omit=dev',
    '--ignore-scripts',
    '--install-links',
    '--omit-lockfile-registry-resolved',
    ...quiet,
  ]);
  const versions = installed(app, Object.keys(wanted));
  // What was asked for by a path of this machine is written down by its version.
  writeFileSync(file, `${JSON.stringify({ ...manifest, dependencies: versions }, null, 2)}\n`);
  for (const name of ['package-lock.json', 'node_modules/.package-lock.json', 'node_modules/.bin']) {
    rmSync(join(app, name), { recursive: true, force: true });
  }
  prune(join(app, 'node_modules'));
  return { versions, findings };
}

function dependencies(sources: Sources, runtime: readonly string[]): Record<string, string> {
  const wanted: Record<string, string> = Object.fromEntries(runtime.map((name) => [name, ourVersion(name)]));
  // npm takes the optional one where both name a library.
  const users = { ...sources.manifest.dependencies, ...sources.manifest.optionalDependencies };
  for (const [name, spec] of Object.entries(users)) {
    if (name === OURSELVES) continue;
    const path = /^(?:file:|\.{1,2}\/)(.*)/s.exec(spec);
    wanted[name] = path === null ? spec : `file:${resolve(sources.folder, spec.replace(/^file:/, ''))}`;
  }
  return Object.fromEntries(Object.entries(wanted).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The version of a library that this runtime itself was installed with, or of this package. */
export function ourVersion(name: string): string {
  const own = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as PackageJson;
  if (name === OURSELVES && own.version !== undefined) return own.version;
  for (let folder = packageRoot; ; folder = dirname(folder)) {
    const file = join(folder, 'node_modules', name, 'package.json');
    if (existsSync(file)) return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
    if (dirname(folder) === folder) return own.dependencies?.[name] ?? own.optionalDependencies?.[name] ?? '*';
  }
}

function lockfile(folder: string): string | undefined {
  return [
    join(folder, 'package-lock.json'),
    join(folder, 'npm-shrinkwrap.json'),
    join(packageRoot, 'package-lock.json'),
  ].find(existsSync);
}

function unpinned(wanted: Readonly<Record<string, string>>): Finding[] {
  const loose = Object.entries(wanted).filter(([, spec]) => !/^(\d|file:)/.test(spec));
  return [
    {
      severity: 'warning',
      rule: 'package/no-lockfile',
      message: `there is no package-lock.json: ${loose.length === 0 ? 'what the dependencies depend on' : loose.map(([name, spec]) => `${name} ${spec}`).join(', ')} is taken as the registry has it today`,
      remedy: 'run npm install and keep its package-lock.json',
      file: 'package.json',
    },
  ];
}

function installed(app: string, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const file = join(app, 'node_modules', name, 'package.json');
      return existsSync(file) ? [[name, (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version]] : [];
    }),
  );
}
