import type { Finding } from '../errors.js';
import type { Manifest } from './manifest.js';

export interface Part {
  readonly part: string;
  readonly bytes: number;
  readonly files: number;
}

/** What `package` did: printed by the command, or with `--json` as it is. */
export interface BundleReport {
  /** The zip or folder that was written; absent when findings kept it from being written. */
  readonly path?: string;
  readonly form?: 'zip' | 'folder';
  /** Unpacked. */
  readonly bytes: number;
  /** Of the zip. */
  readonly zipBytes?: number;
  /** Of the zip: the same for the same inputs. */
  readonly sha256?: string;
  readonly files: number;
  /** Largest first. */
  readonly parts: readonly Part[];
  readonly versions: Readonly<Record<string, string>>;
  readonly findings: readonly Finding[];
}

/** Unpacked; sharp and ONNX Runtime take about 70 MB of it. */
const ROOMY = 80e6;
const SMALL = 200_000;
const OTHERS = 'other libraries';
const OURS = ['runtime', 'model', 'samples', 'launch module', 'platform files', OTHERS];
/** Hosts of git repositories refuse larger files. */
const GIT_LIMIT = 100e6;

export function sizeByPart(files: Manifest['files']): Part[] {
  const parts = new Map<string, { bytes: number; files: number }>();
  for (const [path, { bytes }] of Object.entries(files)) {
    const part = partOf(path);
    const sum = parts.get(part) ?? { bytes: 0, files: 0 };
    parts.set(part, { bytes: sum.bytes + bytes, files: sum.files + 1 });
  }
  gatherSmall(parts);
  return [...parts]
    .map(([part, sum]) => ({ part, ...sum }))
    .sort((a, b) => b.bytes - a.bytes || (a.part < b.part ? -1 : 1));
}

/** Dozens of libraries of a few kilobytes each would hide what is large. */
function gatherSmall(parts: Map<string, { bytes: number; files: number }>): void {
  for (const [part, { bytes, files }] of [...parts]) {
    if (OURS.includes(part) || bytes >= SMALL) continue;
    const sum = parts.get(OTHERS) ?? { bytes: 0, files: 0 };
    parts.delete(part);
    parts.set(OTHERS, { bytes: sum.bytes + bytes, files: sum.files + files });
  }
}

function partOf(path: string): string {
  const module = /^app\/node_modules\/(@[^/]+\/[^/]+|[^/]+)/.exec(path)?.[1];
  if (module === 'generator-katonic-classifier') return 'runtime';
  if (module?.startsWith('@img/')) return 'sharp';
  if (module !== undefined) return module;
  if (path.startsWith('model/')) return 'model';
  if (path.startsWith('samples/')) return 'samples';
  if (path.startsWith('app/')) return 'launch module';
  return 'platform files';
}

/** Warnings about size, each naming what makes it large. */
export function sizeFindings(files: Manifest['files'], parts: readonly Part[], form: 'zip' | 'folder'): Finding[] {
  const total = parts.reduce((sum, { bytes }) => sum + bytes, 0);
  const findings: Finding[] = [];
  if (total > ROOMY) {
    const largest = parts.slice(0, 3).map(({ part, bytes }) => `${part} ${megabytes(bytes)}`);
    findings.push({
      severity: 'warning',
      rule: 'package/size',
      message: `the upload is ${megabytes(total)} unpacked; most of it: ${largest.join(', ')}`,
      remedy: 'a smaller model (quantised, or a smaller architecture) or fewer dependencies make it lighter',
    });
  }
  for (const [path, { bytes }] of form === 'folder' ? Object.entries(files) : []) {
    if (bytes <= GIT_LIMIT) continue;
    findings.push({
      severity: 'warning',
      rule: 'package/git-limit',
      message: `${path} is ${megabytes(bytes)}: hosts of git repositories refuse files above 100 MB`,
      remedy: 'upload the zip, or track the file with Git LFS',
      file: path,
    });
  }
  return findings;
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e6 ? 2 : 1)} MB`;
}
