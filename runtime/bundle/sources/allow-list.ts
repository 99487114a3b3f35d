import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import type { Finding } from '../../errors.js';
import { fileTree } from './file-tree.js';
import { identityFindings } from './identity.js';
import { ignoredByGit } from './ignored.js';
import { localImports } from './local-imports.js';
import { findSecrets } from './secrets.js';

/** The sources of a package that go into an upload; all paths relative to `folder`, with `/`, sorted. */
export interface Sources {
  readonly folder: string;
  readonly launch: string;
  readonly schema: string;
  /** launch, schema and everything they import by a relative path. */
  readonly code: readonly string[];
  /** Models, labels, sample pictures, and what package.json's `files` adds. */
  readonly data: readonly string[];
  /** package.json, lockfile, tsconfig.json: needed to build the upload again. */
  readonly project: readonly string[];
  readonly manifest: PackageJson;
  readonly findings: readonly Finding[];
}

export interface PackageJson {
  readonly name?: string;
  readonly version?: string;
  readonly type?: string;
  readonly files?: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const EXTENSIONS = ['.ts', '.js', '.mjs', '.cjs', '.mts', '.cts'];
const CODE = /\.[cm]?[jt]s$/;
const LABELS = ['labels_file.json', 'katonic.json'];
const FOLDERS = ['model', 'samples'];
const PROJECT = ['package.json', 'package-lock.json', 'npm-shrinkwrap.json', 'tsconfig.json'];
/** Reads nothing but the file tree, package.json and the imports; never runs user code. */
export async function collectSources(folder: string): Promise<Sources> {
  const findings: Finding[] = [];
  const launch = entry(folder, 'launch');
  const schema = entry(folder, 'schema');
  const manifest = readManifest(folder);
  const entries = [launch, schema].filter((file) => file !== '');
  const imported = entries.length === 0 ? { files: [], findings: [] } : await localImports(folder, entries);
  const added = (manifest.files ?? []).flatMap((path) => listAdded(folder, path, findings));
  const tree = fileTree(folder, [...new Set([...LABELS, ...PROJECT, ...FOLDERS, ...added])]);
  const all = [...new Set([...imported.files, ...tree.files])].sort();
  const ignored = ignoredByGit(folder, all);
  const kept = all.filter((path) => !ignored.has(path));
  const secrets = findSecrets(folder, kept);
  const secretFiles = new Set(secrets.map((finding) => finding.file));
  const clean = kept.filter((path) => !secretFiles.has(path));
  const code = clean.filter((path) => CODE.test(path) && !inDataFolder(path));
  const imports = new Set(imported.files);
  return {
    folder,
    launch,
    schema,
    code: code.concat(clean.filter((path) => imports.has(path) && !CODE.test(path))).sort(),
    data: clean.filter((path) => !PROJECT.includes(path) && (!CODE.test(path) || inDataFolder(path))),
    project: clean.filter((path) => PROJECT.includes(path)),
    manifest,
    findings: [
      ...findings,
      ...tree.findings,
      ...imported.findings,
      ...identityFindings(manifest),
      ...secrets,
      ...[...ignored].map((path) => ignoredFinding(path, imports)),
      ...clean.filter(clashes).map(clash),
    ],
  };
}

/** The file's name, or nothing: `checkPackage` says what is missing. */
function entry(folder: string, name: string): string {
  return EXTENSIONS.map((extension) => name + extension).find((file) => existsSync(join(folder, file))) ?? '';
}

function readManifest(folder: string): PackageJson {
  const file = join(folder, 'package.json');
  try {
    return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as PackageJson) : {};
  } catch {
    return {}; // `checkPackage` says where it is no JSON
  }
}

function listAdded(folder: string, path: string, findings: Finding[]): string[] {
  const clean = posix.normalize(path.replaceAll('\\', '/')).replace(/\/$/, '');
  if (clean.startsWith('..') || posix.isAbsolute(clean) || !existsSync(join(folder, clean))) {
    findings.push({
      severity: 'error',
      rule: 'package/files',
      message: `package.json "files" names ${path}, which is no file or folder inside the package`,
      remedy: 'name files or folders inside the package, without wildcards',
      file: 'package.json',
    });
    return [];
  }
  return clean === '.' ? readdirSync(folder) : [clean];
}

function inDataFolder(path: string): boolean {
  return FOLDERS.some((folder) => path.startsWith(`${folder}/`));
}

/** A file the package cannot do without is an error; a stray one is only mentioned. */
function ignoredFinding(path: string, imports: ReadonlySet<string>): Finding {
  const needed = imports.has(path) || LABELS.includes(path) || path.startsWith('model/') || path === 'package.json';
  return {
    severity: needed ? 'error' : 'note',
    rule: 'package/ignored',
    message: `git ignores ${path}, so it is left out of the upload`,
    ...(needed ? { remedy: `take it out of .gitignore (\`git check-ignore -v ${path}\` names the line)` } : {}),
    file: path,
  };
}

function clashes(path: string): boolean {
  return /^(launch\.py|schema\.py|requirements\.txt|manifest\.json|app(\/|$))/.test(path);
}

function clash(path: string): Finding {
  return {
    severity: 'error',
    rule: 'package/name-taken',
    message: `${path} would take the place of a file that the upload generates`,
    remedy: 'rename it, or take it out of "files" in package.json',
    file: path,
  };
}
