import { basename, relative, sep } from 'node:path';
import { type FSWatcher, watch } from 'chokidar';
import type { Logger } from '../launch/contract.js';
import type { Serving } from '../serving/serve.js';
import { Superseded } from '../workers/supervisor.js';
import { toTerminal } from './errors.js';
import { printTypeErrors } from './type-errors.js';

/** A save is often several writes; a swap costs a process, so it waits for the last of them. */
const QUIET_MS = 60;
const IGNORED = new Set(['node_modules', 'samples', 'test', 'tests', 'dist', 'coverage']);
const SOURCES = /\.([cm]?[jt]s|json|txt|onnx|bin|data)$/;

/**
 * Serves saved changes: launch, schema, labels, katonic.json, anything in `model/`, and every other source or model file of
 * the package. What does not load leaves the old version serving; the error is printed.
 */
export function watchPackage(serving: Serving, logger: Logger): FSWatcher {
  const { dir } = serving.pkg;
  const watcher = watch(dir, { ignoreInitial: true, ignored: (path) => isIgnored(relative(dir, path)) });
  let timer: NodeJS.Timeout | undefined;

  const swap = async (): Promise<void> => {
    const start = Date.now();
    try {
      await serving.swap();
      logger.info(`the change is live (${Date.now() - start} ms)`);
      void printTypeErrors(serving.pkg, logger);
    } catch (thrown) {
      if (thrown instanceof Superseded) return; // the later change is spoken of
      logger.error(`the change cannot be served; the version before it still is\n${toTerminal(thrown)}`);
    }
  };

  watcher.on('all', (_event, path) => {
    const file = relative(dir, path);
    if (!concerns(file)) return;
    clearTimeout(timer);
    logger.debug(`${file} changed`);
    timer = setTimeout(() => void swap(), QUIET_MS);
  });
  watcher.on('error', (thrown) => logger.warning(`watching failed: ${(thrown as Error).message}`));
  watcher.on('ready', () => logger.info(`watching ${dir}`));
  return watcher;
}

function isIgnored(path: string): boolean {
  const parts = path.split(sep);
  return parts.some((part) => IGNORED.has(part) || (part.startsWith('.') && part !== '.' && part !== '..'));
}

function concerns(file: string): boolean {
  return file.split(sep)[0] === 'model' || (SOURCES.test(file) && basename(file) !== 'package-lock.json');
}
