#!/usr/bin/env node
// The bin `generator-katonic-classifier`: the same generator as `yo katonic-classifier`, without a global yo.
import { join } from 'node:path';
import { Command } from 'commander';
import { createEnv } from 'yeoman-environment';
import { packageRoot } from '../runtime/package-root.js';
import { flags } from './app/flags.js';
import { ownManifest } from './app/runtime-spec.js';

const NAMESPACE = 'katonic-classifier:app';
const { version, description } = ownManifest();

const program = new Command('generator-katonic-classifier')
  .description(description)
  .version(version)
  .argument('[folder]', 'where to write the package (same as --folder)')
  .showHelpAfterError('--help lists every flag.');
for (const { name, type, alias, help, fallback } of flags) {
  const long = type === 'text' ? `--${name} <${name}>` : `--${name}`;
  program.option(alias === undefined ? long : `-${alias}, ${long}`, `${help} (default: ${fallback})`);
}
program.action(run);
await program.parseAsync();

async function run(folder: string | undefined, options: object): Promise<void> {
  const env = createEnv();
  env.register(join(packageRoot, 'generators', 'app', 'index.js'), { namespace: NAMESPACE, packagePath: packageRoot });
  try {
    await env.run(folder === undefined ? [NAMESPACE] : [NAMESPACE, folder], options);
  } catch (thrown) {
    const stopped = thrown instanceof Error && thrown.name === 'ExitPromptError';
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    process.stderr.write(`\n${stopped ? 'Stopped.' : message}\n`);
    process.exitCode = 1;
  }
}
