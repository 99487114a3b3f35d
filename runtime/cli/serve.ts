import process from 'node:process';
import { Command } from 'commander';
import { requirePackage } from '../launch/package.js';
import { startServing } from '../serving/serve.js';
import { endOnSignals, handleSignals } from '../serving/signals.js';
import { readSettings } from '../settings.js';
import { banner } from './banner.js';
import { createLogger } from './logger.js';
import { refuseFlagsThatNpmTook } from './npm-flags.js';
import { addSettings } from './options.js';
import { printTypeErrors } from './type-errors.js';
import { watchPackage } from './watch.js';

export function serveCommand(): Command {
  const command = new Command('serve')
    .description('serve a package over HTTP, as the platform does')
    .argument('[path]', 'folder of the package', '.');
  return addSettings(command).action(serve);
}

async function serve(path: string, flags: Record<string, unknown>): Promise<void> {
  const settings = readSettings(flags, process.env);
  refuseFlagsThatNpmTook(path, process.env);
  const logger = createLogger();
  const pkg = await requirePackage(path);
  logger.info(`starting ${pkg.name}`);
  const loading = endOnSignals();
  const serving = await startServing({ pkg, settings, logger }).finally(loading.release);
  handleSignals(serving, logger, settings.graceMs);
  const facts = { pkg, settings, info: serving.info, url: serving.url, store: serving.store };
  // In production standard output belongs to no person; one line of the log says the same.
  if (settings.production)
    logger.info(`serving ${pkg.name} at ${serving.url}`, { version: pkg.version, engines: serving.info.engines });
  else process.stdout.write(`${banner(facts)}\n`);
  if (settings.watch) watchPackage(serving, logger);
  void printTypeErrors(pkg, logger);
}
