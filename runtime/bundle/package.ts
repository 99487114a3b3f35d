import { copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve, sep } from 'node:path';
import process from 'node:process';
import { type Finding, toProblem } from '../errors.js';
import { checkPackage } from '../launch/check.js';
import { requirePackage } from '../launch/package.js';
import type { LaunchInfo } from '../workers/messages.js';
import { FORMAT, hashFile, hashFolder, listFiles, MANIFEST, type Manifest } from './manifest.js';
import { preparedFolder, refuseForeign } from './out.js';
import { type BundleReport, sizeByPart, sizeFindings } from './report.js';
import { collectSources, type Sources } from './sources/allow-list.js';
import { identity } from './sources/identity.js';
import { compileSources } from './stage/compile.js';
import { chooseEngine } from './stage/engine.js';
import { installModules, ourVersion } from './stage/modules.js';
import { writePlatformFiles } from './stage/platform.js';
import { bundleRuntime } from './stage/runtime.js';
import { tryOut } from './try-out.js';
import { writeZip } from './zip.js';

export interface PackageOptions {
  /** `FILE.zip`, or a folder. Default: `<name>-<version>.zip` in the working directory. */
  readonly out?: string;
  /** Called with one line a step, for people. */
  readonly onStep?: (step: string) => void;
}

/**
 * Makes an upload of the package at `dir`: checks it, collects its sources, and builds what the platform runs.
 * Nothing is written when a finding is an error. Comes in: a package. Goes out: a zip or a folder that
 * {@link verifyBundle} accepts. Throws KatonicError `package` when the build itself fails (npm, for one), and `usage` for
 * a folder that holds something else.
 */
export async function packagePackage(dir: string, options: PackageOptions = {}): Promise<BundleReport> {
  const step = options.onStep ?? (() => {});
  const folder = resolve(dir);
  step('checking the package');
  const sources = await collectSources(folder);
  const findings = [...(await checkPackage(folder)), ...sources.findings];
  const started = findings.some(isError) ? undefined : await startOnce(folder);
  findings.push(...(started?.findings ?? []));
  if (started?.info === undefined) return { bytes: 0, files: 0, parts: [], versions: {}, findings };
  const out = resolve(options.out ?? `${identity(sources).name}-${identity(sources).version}.zip`);
  if (!isZip(out)) await refuseForeign(out);

  const stage = mkdtempSync(join(tmpdir(), 'katonic-package-'));
  try {
    const built = await build(sources, started.info, stage, step);
    findings.push(...built.findings);
    return await deliver(stage, sources, built.versions, findings, out, step);
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}

async function startOnce(folder: string): Promise<{ info?: LaunchInfo; findings: Finding[] }> {
  try {
    return { info: await tryOut(folder), findings: [] };
  } catch (thrown) {
    const { message, remedy, where } = toProblem(thrown);
    const place = {
      ...(where?.file === undefined ? {} : { file: where.file }),
      ...(where?.line === undefined ? {} : { line: where.line }),
    };
    return {
      findings: [
        { severity: 'error', rule: 'package/start', message, ...(remedy === undefined ? {} : { remedy }), ...place },
      ],
    };
  }
}

async function build(sources: Sources, info: LaunchInfo, stage: string, step: (line: string) => void) {
  const app = join(stage, 'app');
  mkdirSync(app, { recursive: true });
  for (const path of sources.data) copy(join(sources.folder, path), join(stage, path));
  for (const path of sources.project) copy(join(sources.folder, path), join(app, 'src', path));
  // The package as the child reads it: code compiled, labels, and a picture to warm up with.
  for (const path of sources.data.filter((file) => /^(labels_file|katonic)\.json$/.test(file))) {
    copy(join(sources.folder, path), join(app, path));
  }
  const sample = await warmUpSample(sources);
  if (sample !== undefined) copy(join(sources.folder, sample), join(app, sample));
  const type = compileSources(sources, app);
  const { name, version } = identity(sources);
  writeFileSync(join(app, 'package.json'), `${JSON.stringify({ name, version, private: true, type }, null, 2)}\n`);

  const engine = await chooseEngine(sources, stage);
  step('installing the production dependencies for linux-x64-glibc');
  const modules = await installModules(sources, engine.libraries, app);
  step('bundling the runtime');
  await bundleRuntime(app, engine);
  const platform = writePlatformFiles(stage, info.bodySchema);
  return { versions: modules.versions, findings: [...engine.findings, ...modules.findings, ...platform.findings] };
}

/** The picture that serving warms up with, of those that are packaged. */
async function warmUpSample({ folder, data }: Sources): Promise<string | undefined> {
  const { samples } = await requirePackage(folder);
  return samples.map((file) => relative(folder, file).split(sep).join('/')).find((path) => data.includes(path));
}

async function deliver(
  stage: string,
  sources: Sources,
  libraries: Readonly<Record<string, string>>,
  findings: readonly Finding[],
  out: string,
  step: (line: string) => void,
): Promise<BundleReport> {
  const { name, version } = identity(sources);
  const paths = listFiles(stage);
  const files = await hashFolder(stage, paths);
  const versions = { runtime: ourVersion('generator-katonic-classifier'), node: process.versions.node, ...libraries };
  const manifest: Manifest = { format: FORMAT, name, version, versions, files };
  writeFileSync(join(stage, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
  const form = isZip(out) ? 'zip' : 'folder';
  const parts = sizeByPart(files);
  const report = {
    path: out,
    form,
    bytes: parts.reduce((sum, part) => sum + part.bytes, 0),
    files: paths.length + 1,
    parts,
    versions,
    findings: [...findings, ...sizeFindings(files, parts, form)],
  } as const;
  step(`writing ${out}`);
  if (form === 'folder') {
    await preparedFolder(out);
    cpSync(stage, out, { recursive: true });
    return report;
  }
  mkdirSync(dirname(out), { recursive: true });
  await writeZip(stage, [...paths, MANIFEST].sort(), out);
  return { ...report, zipBytes: statSync(out).size, sha256: await hashFile(out) };
}

function isZip(out: string): boolean {
  return out.toLowerCase().endsWith('.zip');
}

function copy(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, to);
}

function isError({ severity }: Finding): boolean {
  return severity === 'error';
}
