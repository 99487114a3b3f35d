import { copyFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, posix, resolve } from 'node:path';
import type { Finding } from '../errors.js';
import { checkPackage } from '../launch/check.js';
import { packageRoot } from '../package-root.js';
import { FORMAT, hashFolder, listFiles, MANIFEST, type Manifest } from './manifest.js';
import { preparedFolder } from './out.js';
import { type BundleReport, sizeByPart } from './report.js';
import { collectSources, type Sources } from './sources/allow-list.js';
import { identity } from './sources/identity.js';
import { ourVersion } from './stage/modules.js';

const OURSELVES = 'generator-katonic-classifier';
const TEMPLATES = join(packageRoot, 'templates', 'container');
const LOCKFILES = ['package-lock.json', 'npm-shrinkwrap.json'];

/**
 * Writes what builds a container of the package at `dir` into a folder: its sources, a Dockerfile, a compose file and a
 * KServe `InferenceService`. Nothing is written when a finding is an error. Neither Docker nor npm runs here.
 */
export async function packageContainer(dir: string, out?: string): Promise<BundleReport> {
  const folder = resolve(dir);
  const sources = await collectSources(folder);
  const tarballs = localTarballs(sources);
  const findings = [...(await checkPackage(folder)), ...sources.findings, ...tarballs.findings];
  if (findings.some(({ severity }) => severity === 'error'))
    return { bytes: 0, files: 0, parts: [], versions: {}, findings };

  const { name, version } = identity(sources);
  const target = resolve(out ?? `${name}-container`);
  await preparedFolder(target);
  for (const path of [...sources.code, ...sources.data, ...sources.project])
    copy(folder, path, join(target, 'package'));
  for (const path of tarballs.paths) copy(folder, path, join(target, 'package'));
  findings.push(...writeManifest(sources, join(target, 'package')));
  writeTemplates(target, sources);

  const versions = { runtime: ourVersion(OURSELVES), node: process.versions.node };
  const files = await hashFolder(
    target,
    listFiles(target, (path) => path === '.git'),
  );
  const manifest: Manifest = { format: FORMAT, name, version, versions, files };
  writeFileSync(join(target, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
  const parts = sizeByPart(files);
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
  return { path: target, form: 'folder', bytes, files: Object.keys(files).length + 1, parts, versions, findings };
}

/** The container runs the whole server, so this package is among its dependencies. */
function writeManifest({ manifest }: Sources, target: string): Finding[] {
  if (manifest.dependencies?.[OURSELVES] !== undefined) return [];
  const dependencies = { ...manifest.dependencies, [OURSELVES]: ourVersion(OURSELVES) };
  writeFileSync(join(target, 'package.json'), `${JSON.stringify({ ...manifest, dependencies }, null, 2)}\n`);
  return [
    {
      severity: 'warning',
      rule: 'package/container-runtime',
      message: `package.json does not name ${OURSELVES}: the container installs version ${ourVersion(OURSELVES)} from the npm registry`,
      remedy: `list it in "dependencies", by its version or as a tarball (file:vendor/...)`,
      file: 'package.json',
    },
  ];
}

/**
 * Dependencies by a path: tarballs inside the package travel with it. Any other path, a folder for one, means nothing
 * inside the image: an error.
 */
function localTarballs({ manifest, folder }: Sources): { paths: readonly string[]; findings: readonly Finding[] } {
  const paths: string[] = [];
  const findings: Finding[] = [];
  for (const [name, spec] of Object.entries({ ...manifest.dependencies, ...manifest.optionalDependencies })) {
    const given = /^(?:file:|(?=[./~]))(.+)$/s.exec(spec)?.[1];
    if (given === undefined) continue;
    const path = posix.normalize(given.replaceAll('\\', '/'));
    const inside = !posix.isAbsolute(path) && !/^\.\.(?:\/|$)|^~/.test(path);
    if (inside && statSync(join(folder, path), { throwIfNoEntry: false })?.isFile()) paths.push(path);
    else
      findings.push({
        severity: 'error',
        rule: 'package/container-dependency',
        message: `${name} is installed from "${spec}", which is no tarball inside the package: the image has no such place`,
        remedy: `run \`npm pack\` in it, put the tarball into the package (vendor/), and depend on that: file:vendor/...tgz`,
        file: 'package.json',
      });
  }
  return { paths: [...new Set(paths)], findings };
}

function writeTemplates(target: string, sources: Sources): void {
  const { name, version } = identity(sources);
  const dnsName =
    name
      .toLowerCase()
      .replace(/[^a-z0-9-]+/g, '-')
      .replace(/^[^a-z]+|-+$/g, '')
      .slice(0, 40) || 'classifier';
  // `npm ci` wants a lockfile that agrees with package.json; one that git ignores stays behind.
  const locked = LOCKFILES.some((file) => sources.project.includes(file));
  const exact = locked && sources.manifest.dependencies?.[OURSELVES] !== undefined;
  const values: Record<string, string> = {
    NAME: name,
    DNS_NAME: dnsName,
    VERSION: version,
    IMAGE: `${dnsName}:${version}`,
    INSTALL: exact ? 'ci' : 'install',
  };
  for (const file of ['Dockerfile', 'compose.yaml', 'inference-service.yaml', 'dockerignore', 'npmrc']) {
    const text = readFileSync(join(TEMPLATES, file), 'utf8').replace(
      /@([A-Z_]+)@/g,
      (whole, key: string) => values[key] ?? whole,
    );
    const place = file === 'dockerignore' ? '.dockerignore' : file === 'npmrc' ? 'package/.npmrc' : file;
    writeFileSync(join(target, place), text);
  }
}

function copy(from: string, path: string, to: string): void {
  mkdirSync(dirname(join(to, path)), { recursive: true });
  copyFileSync(join(from, path), join(to, path));
}
