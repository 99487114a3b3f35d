import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { COMMANDS, helpOf } from '../../../runtime/cli/commands.js';
import { packageRoot } from '../../../runtime/package-root.js';

const page = await readFile(join(packageRoot, 'docs/commands.md'), 'utf8');

it.each(Object.keys(COMMANDS))('docs/commands.md holds what %s --help prints', async (name) => {
  const section = page.split(`\n## ${name}\n`)[1]?.split('\n## ')[0] ?? '';
  const [, block = ''] = /```text\n([\s\S]*?)\n```/.exec(section) ?? [];
  expect(block, 'to bring it up to date: npx katonic-classifier COMMAND --help').toBe(await helpOf(name));
});

it('holds no section about a command that is not there', () => {
  const sections = [...page.matchAll(/\n## (\S+)\n/g)].map(([, name]) => name);
  expect(sections).toEqual(Object.keys(COMMANDS));
});
