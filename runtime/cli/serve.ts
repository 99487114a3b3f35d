import process from 'node:process';
import { Command } from 'commander';
import { startServing } from '../serving/serve.js';
import { endOnSignals, handleSignals } from '../serving/signals.js';
import { readSettings } from '../settings.js';
import { createLogger } from './logger.js';
import { refuseFlagsThatNpmTook } from './npm-flags.js';
import { addSettings } from './options.js';

export function serveCommand(): Command {
  const command = new Command('serve')
    .description('serve a package over HTTP, as the platform does')
    .argument('[path]', 'folder of the package', '.');
  return addSettings(command).action(serve);
}

async function serve(path: string, flags: Record<string, unknown>): Promise<void> {
  const settings = readSettings(flags, process.env);
  refuseFlagsThatNpmTook(path, process.env);
  const logger = await createLogger();
  const loading = endOnSignals();
  const serving = await startServing({ dir: path, settings, logger }).finally(loading.release);
  handleSignals(serving, logger, settings.graceMs);
  const { pkg, info, url, store } = serving;
  // In production standard output belongs to no person; one line of the log says the same.
  if (settings.production)
    logger.info(`serving ${pkg.name} at ${url}`, { version: pkg.version, engines: info.engines });
  else {
    const { banner } = await import('./banner.js');
    process.stdout.write(`${banner({ pkg, settings, info, url, store })}\n`);
  }
  if (settings.watch) (await import('./watch.js')).watchPackage(serving, logger);
  void (await import('./type-errors.js')).printTypeErrors(pkg, logger);
}
