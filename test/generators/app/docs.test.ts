import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { flags } from '../../../generators/app/flags.js';
import { packageRoot } from '../../../runtime/package-root.js';

it('the table of flags in docs/scaffold.md is the one of the code', () => {
  const text = readFileSync(join(packageRoot, 'docs', 'scaffold.md'), 'utf8');
  const rows = flags.map(({ name, alias, help, fallback }) => {
    const short = alias === undefined ? '' : `\`-${alias}\`, `;
    return `| ${short}\`--${name}\` | ${help} | ${fallback} |`;
  });
  expect(text.split('\n').filter((line) => /^\| .*`--/.test(line))).toEqual(rows);
});
