import { basename } from 'node:path';
import validateName from 'validate-npm-package-name';
import type { Finding } from '../../errors.js';
import type { PackageJson, Sources } from './allow-list.js';

const VERSION = /^\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]+)?$/;

/** What a bundle is called: the unscoped package name and its version. */
export function identity({ manifest, folder }: Pick<Sources, 'manifest' | 'folder'>): {
  name: string;
  version: string;
} {
  return {
    name: (manifest.name ?? basename(folder)).replace(/^@[^/]*\//, ''),
    version: manifest.version ?? '0.0.0',
  };
}

/** Both become part of file names: what npm would refuse could lead anywhere. */
export function identityFindings({ name, version }: PackageJson): Finding[] {
  const findings: Finding[] = [];
  const refuse = (message: string, remedy: string) =>
    findings.push({ severity: 'error', rule: 'package/identity', message, remedy, file: 'package.json' });
  if (name !== undefined && !(typeof name === 'string' && validateName(name).validForOldPackages))
    refuse(`"name": ${JSON.stringify(name)} is no package name`, 'lower-case letters, digits, "-" and "_"');
  if (version !== undefined && !(typeof version === 'string' && VERSION.test(version)))
    refuse(`"version": ${JSON.stringify(version)} is no version`, 'three numbers, such as 1.0.0');
  return findings;
}
