import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { packageRoot } from '../package-root.js';

/** Every command, one file each; loaded when it is asked for, so that starting is quick. */
export const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
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

/** What `COMMAND --help` prints, for 100 columns: docs/commands.md holds it. */
export async function helpOf(name: string): Promise<string> {
  const program = await createProgram([name]);
  const command = program.commands.find((candidate) => candidate.name() === name) as Command;
  let text = '';
  command.configureOutput({
    writeOut: (part) => {
      text += part;
    },
    getOutHelpWidth: () => 100,
    getOutHasColors: () => false,
  });
  command.outputHelp();
  return text.trim();
}
