#!/usr/bin/env node
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { Command, CommanderError } from 'commander';
import { packageRoot } from '../package-root.js';
import { exitCodeOf, toTerminal } from './errors.js';

/** Every command, one file each; loaded when it is asked for, so that starting is quick. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  serve: async () => (await import('./serve.js')).serveCommand(),
  predict: async () => (await import('./predict.js')).predictCommand(),
  check: async () => (await import('./check.js')).checkCommand(),
  package: async () => (await import('../bundle/package-command.js')).packageCommand(),
  feedback: async () => (await import('../feedback/command.js')).feedbackCommand(),
  convert: async () => (await import('../convert/command.js')).convertCommand(),
  'install-tfjs-node': async () => (await import('../engines/install-tfjs-node.js')).installTfjsNodeCommand(),
};

/** The program with the command that `argv` names, or with all of them for the help. */
export async function createProgram(argv: readonly string[]): Promise<Command> {
  const { version } = JSON.parse(await readFile(join(packageRoot, 'package.json'), 'utf8')) as { version: string };
  const program = new Command('katonic-classifier')
    .description('Serve, check, score and package an image classifier for the Katonic platform.')
    .version(version)
    .exitOverride()
    .showHelpAfterError('Add --help to see what there is.')
    .enablePositionalOptions();
  const wanted = argv.find((word) => !word.startsWith('-'));
  const load = wanted === undefined ? undefined : COMMANDS[wanted];
  const commands = load === undefined ? Object.values(COMMANDS) : [load];
  for (const one of commands) program.addCommand((await one()).copyInheritedSettings(program));
  return program;
}

async function main(argv: readonly string[]): Promise<void> {
  try {
    const program = await createProgram(argv);
    if (argv.length === 0) program.outputHelp();
    else await program.parseAsync(argv, { from: 'user' });
  } catch (thrown) {
    if (thrown instanceof CommanderError) {
      process.exitCode = thrown.exitCode === 0 ? 0 : 2;
      return;
    }
    process.stderr.write(`${toTerminal(thrown)}\n`);
    process.exitCode = exitCodeOf(thrown);
  }
}

await main(process.argv.slice(2));
