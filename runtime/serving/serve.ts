import { stat } from 'node:fs/promises';
import type { Server } from 'node:http';
import { join, resolve } from 'node:path';
import { LabelSet } from '../feedback/labels.js';
import type { Pictures } from '../feedback/pictures.js';
import type { Store } from '../feedback/store.js';
import type { Logger } from '../launch/contract.js';
import type { KatonicPackage } from '../launch/package.js';
import { childEnvironment, dataDirOf, type Settings } from '../settings.js';
import type { LaunchInfo } from '../workers/messages.js';
import { Pool } from '../workers/pool.js';
import { checkBinding } from './access.js';
import { tuneGarbageCollection } from './garbage-collection.js';
import { InFlight } from './in-flight.js';
import { checkFree } from './listen.js';

/** A package that is being served. */
export interface Serving {
  /** `http://host:port`, the port that was really taken. */
  readonly url: string;
  readonly pkg: KatonicPackage;
  readonly info: LaunchInfo;
  readonly pool: Pool;
  /** Where feedback is kept, or why it cannot be. */
  readonly store: Store;
  /**
   * Loads the package anew without dropping a request. Throws KatonicError when it cannot be loaded, and the old one then
   * goes on; {@link Superseded} when a later swap overtakes it.
   */
  swap(): Promise<void>;
  /** Stops accepting, finishes what runs within the grace time, ends the workers. */
  close(): Promise<void>;
}

export interface ServingOptions {
  /** The package's folder. */
  readonly dir: string;
  readonly settings: Settings;
  readonly logger: Logger;
}

/**
 * Serves a package over HTTP. Listens before the model is loaded (`/health/ready` says 503 until then) and resolves when
 * the first worker can answer. Throws {@link KatonicError}: `usage` for an address it may not or cannot take, else what
 * reading or loading the package threw.
 */
export async function startServing(options: ServingOptions): Promise<Serving> {
  const { settings, logger } = options;
  const dir = resolve(options.dir);
  /** Loads joi first, which takes as long as all that comes before the first worker. */
  const requirePackage = async () => (await import('../launch/package.js')).requirePackage(dir);
  tuneGarbageCollection();
  checkBinding(settings);
  await checkFree(settings.host, settings.port);
  const folder = await stat(dir).catch(() => undefined);
  if (!folder?.isDirectory()) await requirePackage(); // no worker could start there, and this says why
  const pool = new Pool({
    packageDir: dir,
    env: workerEnvironment(settings, dir),
    workers: settings.workers,
    queue: settings.queue,
    timeoutMs: settings.timeoutMs,
    behindFront: true,
    logger,
  });
  const loading = pool.start();
  loading.catch(() => {}); // awaited below; listening may fail before that
  let server: Server | undefined;
  let store: Store | undefined;
  try {
    // What takes time here is loaded while the first worker already loads the model.
    let pkg = await requirePackage();
    logger.info(`starting ${pkg.name}`);
    const [{ createApp }, { bodyReader }, { listen }, { openStore }, { observe }, { startTracing }] = await Promise.all(
      [
        import('./app.js'),
        import('./body.js'),
        import('./listen.js'),
        import('../feedback/store.js'),
        import('./observation.js'),
        import('../monitoring/tracing.js'),
      ],
    );
    const opened = await openStore({
      dataDir: dataDirOf(settings, dir),
      databaseUrl: settings.databaseUrl,
      labels: pkg.labels.codes,
      classes: pkg.labels.classes,
      modelType: pkg.modelType,
      package: pkg.name,
    });
    store = opened;
    const tracing = await startTracing(process.env, dir, pkg.name).catch((error) => {
      logger.warning(`${error.message}. ${error.remedy ?? ''}`); // a server without traces is still a server
      return undefined;
    });
    const pictures = await keepingPictures(settings, dir, logger);
    const readBody = bodyReader(settings.maxBody);
    const observation = observe({ store, pool, readBody, logger, tracing, pictures });
    const app = createApp({ pkg: () => pkg, settings, pool, readBody, observation, logger });
    const listening = await listen(app, settings.host, settings.port);
    server = listening.server;
    const inFlight = new InFlight(server);
    await loading;
    const { url } = listening;
    return {
      url,
      pool,
      store: opened,
      get pkg() {
        return pkg;
      },
      get info() {
        return pool.info as LaunchInfo;
      },
      swap: async () => {
        pkg = await pool.swap(requirePackage);
        opened.labels = new LabelSet(pkg.labels.codes, pkg.labels.classes);
        opened.modelType = pkg.modelType;
      },
      close: async () => {
        observation.endStreams();
        await close(listening.server, inFlight, pool, settings.graceMs);
        await opened.close();
        await pictures?.close();
        await tracing?.close().catch((error) => logger.warning(`traces were not sent: ${error.message}`));
      },
    };
  } catch (thrown) {
    server?.close();
    server?.closeAllConnections();
    await pool.close(0);
    await store?.close();
    throw thrown;
  }
}

/** Nothing of it is loaded where no picture is to be kept. */
async function keepingPictures(settings: Settings, dir: string, logger: Logger): Promise<Pictures | undefined> {
  const { keepPictures: most } = settings;
  if (most === 0) return undefined;
  const folder = join(dataDirOf(settings, dir), 'pictures');
  try {
    const { openPictures } = await import('../feedback/pictures.js');
    const pictures = await openPictures({ folder, most, logger });
    logger.info(`the pictures of the last ${most} predictions are kept in ${folder}`);
    return pictures;
  } catch (thrown) {
    logger.warning(`pictures are not kept in ${folder}: ${(thrown as Error).message}`); // a server without them serves
    return undefined;
  }
}

async function close(server: Server, inFlight: InFlight, pool: Pool, graceMs: number): Promise<void> {
  const start = performance.now();
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  await inFlight.drain(graceMs);
  await pool.close(Math.max(0, graceMs - (performance.now() - start)));
  // Answers are written by now; a caller that reads too slowly must not hold the process.
  const force = setTimeout(() => server.closeAllConnections(), 500);
  await closed;
  clearTimeout(force);
}

/** What a worker gets besides its package's own variables. The token stays in the front process. */
function workerEnvironment(settings: Settings, packageDir: string): NodeJS.ProcessEnv {
  const { KATONIC_TOKEN: _, ...inherited } = process.env;
  return { ...inherited, ...childEnvironment(settings, packageDir) };
}
