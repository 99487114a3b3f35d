import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Finding } from '../../errors.js';
import { packageRoot } from '../../package-root.js';
import { pydanticSchema } from '../pydantic.js';
import { ENTRY } from './runtime.js';

/** The template folder of an upload. */
const TEMPLATES = join(packageRoot, 'templates', 'upload');

/** Writes what the platform itself reads: launch.py, schema.py, requirements.txt, and two files for git. */
export function writePlatformFiles(stage: string, bodySchema: unknown): { findings: readonly Finding[] } {
  const launch = readFileSync(join(TEMPLATES, 'launch.py'), 'utf8').replace('@ENTRY@', ENTRY);
  writeFileSync(join(stage, 'launch.py'), launch);
  for (const name of ['requirements.txt', 'gitignore', 'gitattributes']) {
    const target = name.startsWith('git') ? `.${name}` : name;
    writeFileSync(join(stage, target), readFileSync(join(TEMPLATES, name)));
  }
  const { source, findings } = pydanticSchema(bodySchema);
  writeFileSync(join(stage, 'schema.py'), source);
  return { findings };
}
