#!/usr/bin/env node
import process from 'node:process';
import { CommanderError } from 'commander';
import { createProgram } from './commands.js';
import { exitCodeOf, toTerminal } from './errors.js';

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
