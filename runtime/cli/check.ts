import process from 'node:process';
import { Command } from 'commander';
import { checkPackage } from '../launch/check.js';
import { findingText } from './errors.js';

export function checkCommand(): Command {
  return new Command('check')
    .description('say what is wrong with a package: files, labels, types, loading, a first prediction')
    .argument('[path]', 'folder of the package', '.')
    .option('--json', 'print the findings as JSON')
    .addHelpText('after', '\nExit code: 0 no error, 1 errors, 2 could not run.')
    .action(async (path: string, { json }: { json?: true }) => {
      const findings = await checkPackage(path);
      const errors = findings.filter(({ severity }) => severity === 'error').length;
      process.stdout.write(
        `${json ? JSON.stringify(findings, undefined, 2) : report(findings.map(findingText), errors)}\n`,
      );
      const nothing = findings.some(({ rule }) => rule === 'package/folder');
      process.exitCode = nothing ? 2 : errors > 0 ? 1 : 0;
    });
}

function report(lines: readonly string[], errors: number): string {
  if (lines.length === 0) return 'The package is as it should be.';
  const others = lines.length - errors;
  return [
    ...lines,
    `\n${errors} ${errors === 1 ? 'error' : 'errors'}, ${others} other ${others === 1 ? 'remark' : 'remarks'}`,
  ].join('\n');
}
