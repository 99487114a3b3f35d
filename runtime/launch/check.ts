import { fork } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Finding } from '../errors.js';
import { compiled } from '../package-root.js';
import { followsFromMisnamed } from './exports.js';
import { error } from './findings.js';
import { type KatonicPackage, readPackage } from './package.js';

const LIMIT_MS = 120_000;
const STDERR_TAIL = 2000;

/**
 * Everything that can be said about a package: its files, its types, whether it loads and answers. Its code runs in a
 * process of its own.
 */
export async function checkPackage(dir: string): Promise<Finding[]> {
  const { pkg, findings } = await readPackage(dir);
  if (pkg === undefined) return findings;
  const [types, load, pins] = await Promise.all([
    checkTypesApart(pkg),
    inChild('load', pkg),
    checkPins(join(pkg.dir, 'package.json')),
  ]);
  // A syntax error is found by both.
  const place = ({ file, line }: Finding) => `${file}:${line}`;
  const said = new Set(load.filter(({ severity }) => severity === 'error').map(place));
  const news = types.filter((finding) => !said.has(place(finding)) && !followsFromMisnamed(finding, load));
  return [...findings, ...pins, ...load, ...news];
}

/** The type errors alone, found in the background. */
export async function checkTypesApart(pkg: KatonicPackage): Promise<Finding[]> {
  const hasTypes = [pkg.launchFile, pkg.schemaFile].some((file) => /\.[cm]?ts$/.test(file));
  return hasTypes ? inChild('types', pkg) : [];
}

function inChild(what: 'types' | 'load', pkg: KatonicPackage): Promise<Finding[]> {
  return new Promise((resolve, reject) => {
    const child = fork(compiled('runtime/launch/check-child.js'), [what, pkg.dir], {
      cwd: pkg.dir,
      execArgv: [],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    let stderr = '';
    let findings: Finding[] | undefined;
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill('SIGKILL');
    }, LIMIT_MS);
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-STDERR_TAIL);
    });
    child.on('message', (message) => {
      findings = message as Finding[];
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (findings !== undefined) resolve(findings);
      else if (what === 'types') reject(new Error(`the type check ended with ${signal ?? code}: ${stderr}`));
      else
        resolve([
          ended(
            pkg,
            late ? `did not end within ${LIMIT_MS / 1000} s` : `ended the process (${signal ?? code})`,
            stderr,
          ),
        ]);
    });
  });
}

function ended(pkg: KatonicPackage, how: string, stderr: string): Finding {
  const said = stderr.trim() === '' ? '' : `; it wrote: ${stderr.trim()}`;
  return error('launch/ends', `loading and trying the package ${how}${said}`, {
    file: basename(pkg.launchFile),
    remedy: 'A launch module must not call process.exit, and must come back from each function.',
  });
}

/** The package.json plays the part of requirements.txt: what was tried must be what is installed on the platform. */
async function checkPins(file: string): Promise<Finding[]> {
  const text = await readFile(file, 'utf8').catch(() => '{}');
  const { dependencies, optionalDependencies } = JSON.parse(text) as {
    dependencies?: Record<string, string>;
    optionalDependencies?: Record<string, string>;
  };
  // Both are installed in an upload; npm takes the optional one where both name a library.
  return Object.entries({ ...dependencies, ...optionalDependencies })
    .filter(([, spec]) => !/^(npm:.+@)?\d+\.\d+\.\d+([-+][\w.+-]+)?$|^file:/.test(spec))
    .map(([name, spec]) => {
      const line = text.split('\n').findIndex((row) => row.includes(`"${name}"`) && row.includes(spec)) + 1;
      return error('package/unpinned', `expected an exact version of ${name}; "${spec}" came`, {
        file: 'package.json',
        ...(line > 0 ? { line } : {}),
        remedy: `Run \`npm install --save-exact ${optionalDependencies?.[name] === undefined ? '' : '--save-optional '}${name}\`.`,
      });
    });
}
