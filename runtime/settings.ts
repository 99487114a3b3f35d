import { join, resolve } from 'node:path';
import { KatonicError } from './errors.js';
import type { ValueKind } from './settings-values.js';
import * as values from './settings-values.js';

/** One setting of the server: a flag, an environment variable, a default. */
export interface Setting<T> {
  /** As on the command line, with its value: `--port <number>`; a switch has no value. */
  readonly flag: string;
  readonly env: string;
  readonly kind: ValueKind<T>;
  readonly default: T;
  /** For the help, where the default does not say it itself. */
  readonly defaultText?: string;
  readonly help: string;
}

const DATA_DIR = '.katonic';
const ENGINES = ['auto', 'tfjs', 'tfjs-node', 'wasm', 'cpu', 'onnx'] as const;

function setting<T>(
  flag: string,
  env: string,
  kind: ValueKind<NonNullable<T>>,
  fallback: T,
  help: string,
  defaultText?: string,
): Setting<T> {
  const rest = defaultText === undefined ? {} : { defaultText };
  return { flag, env, kind: kind as ValueKind<T>, default: fallback, help, ...rest };
}

type Optional = string | undefined;
const MB = 1024 * 1024;
const none: readonly string[] = [];

/** Every setting of the server. A flag wins over its environment variable, that one over the default. */
export const SETTINGS = {
  port: setting('--port <number>', 'PORT', values.whole(0, 65_535, ' (0: any free port)'), 8080, 'port to listen on'),
  host: setting(
    '--host <address>',
    'HOST',
    values.host,
    '127.0.0.1',
    'address to listen on; any other than loopback needs a token',
  ),
  token: setting<Optional>(
    '--token <token>',
    'KATONIC_TOKEN',
    values.token,
    undefined,
    'what the Authorization header must hold, raw, as on the platform',
  ),
  noAuth: setting<boolean>(
    '--no-auth',
    'KATONIC_NO_AUTH',
    values.flag,
    false,
    'listen on any address without a token (behind a gateway that checks)',
  ),
  prefix: setting(
    '--prefix <path>',
    'KATONIC_PREFIX',
    values.path,
    '/api/v1',
    'path before /predict, /feedback and /monitoring',
  ),
  cors: setting('--cors <origins>', 'KATONIC_CORS', values.origins, none, 'web origins whose pages may call the API'),
  watch: setting<boolean>('--watch', 'KATONIC_WATCH', values.flag, false, 'serve saved changes at once'),
  workers: setting(
    '--workers <number|auto>',
    'KATONIC_WORKERS',
    values.workers,
    values.autoWorkers(),
    'processes that hold the launch module',
    'auto: one a core, 4 at the most',
  ),
  timeoutMs: setting(
    '--timeout <time>',
    'KATONIC_TIMEOUT',
    values.duration,
    30_000,
    'longest time for one prediction',
    '30s',
  ),
  queue: setting(
    '--queue <number>',
    'KATONIC_QUEUE',
    values.whole(0, 1_000_000),
    64,
    'requests that may wait; past it the answer is 429',
  ),
  graceMs: setting(
    '--grace <time>',
    'KATONIC_GRACE',
    values.duration,
    10_000,
    'time to finish what runs when stopping',
    '10s',
  ),
  maxBody: setting(
    '--max-body <size>',
    'KATONIC_MAX_BODY',
    values.size,
    20 * MB,
    'largest request body, and largest picture file',
    '20mb',
  ),
  maxPixels: setting(
    '--max-pixels <number>',
    'KATONIC_MAX_PIXELS',
    values.whole(1, 2 ** 30),
    50_000_000,
    'largest picture, width x height',
  ),
  allowHosts: setting(
    '--allow-host <hosts>',
    'KATONIC_ALLOW_HOST',
    values.hosts,
    none,
    'private hosts that pictures may be fetched from',
  ),
  fetchTimeoutMs: setting(
    '--fetch-timeout <time>',
    'KATONIC_FETCH_TIMEOUT',
    values.duration,
    10_000,
    'longest time to fetch a picture by URL',
    '10s',
  ),
  engine: setting<(typeof ENGINES)[number]>(
    '--engine <name>',
    'KATONIC_ENGINE',
    values.oneOf(...ENGINES),
    'auto',
    `what runs the model: ${ENGINES.join(', ')}`,
  ),
  threads: setting(
    '--threads <number>',
    'KATONIC_THREADS',
    values.whole(1, 256),
    1,
    'threads of the engine in each process',
  ),
  dataDir: setting<Optional>(
    '--data-dir <folder>',
    'KATONIC_DATA_DIR',
    values.folder,
    undefined,
    'where feedback and converted models are kept',
    `${DATA_DIR} in the package`,
  ),
  databaseUrl: setting<Optional>(
    '--database-url <url>',
    'DATABASE_URL',
    values.postgresUrl,
    undefined,
    'PostgreSQL for feedback, instead of a file',
  ),
  keepPictures: setting(
    '--keep-pictures <n>',
    'KATONIC_KEEP_PICTURES',
    values.whole(0, 1_000_000),
    0,
    'pictures of predictions to keep in the data folder; the oldest go',
  ),
  production: setting<boolean>(
    '--production',
    'KATONIC_PRODUCTION',
    values.flag,
    false,
    'answer exceptions of the package with an id only, not with file and line',
  ),
} as const;

type Table = typeof SETTINGS;
/** Times in milliseconds, sizes in bytes. */
export type Settings = { readonly [Key in keyof Table]: Table[Key] extends Setting<infer T> ? T : never };

/**
 * The settings of a run. `flags` is what the command line gave, by camel-cased flag (`maxBody`, `allowHost`); a switch is
 * `true`. An empty environment variable counts as not set. Throws {@link KatonicError} `usage` that names flag and variable.
 */
export function readSettings(flags: Readonly<Record<string, unknown>>, env: NodeJS.ProcessEnv): Settings {
  const entries = Object.entries(SETTINGS).map(([key, entry]) => [
    key,
    readSetting(entry as Setting<unknown>, flags, env),
  ]);
  const settings = Object.fromEntries(entries) as Settings;
  return { ...settings, ...(settings.dataDir === undefined ? {} : { dataDir: resolve(settings.dataDir) }) };
}

function readSetting(
  entry: Setting<unknown>,
  flags: Readonly<Record<string, unknown>>,
  env: NodeJS.ProcessEnv,
): unknown {
  const name = flagName(entry);
  const given = flags[name];
  if (given === true) return true;
  const fromEnv = env[entry.env];
  const text = typeof given === 'string' ? given : fromEnv === '' ? undefined : fromEnv;
  if (text === undefined) return entry.default;
  const value = text === '' ? undefined : entry.kind.parse(text);
  if (value !== undefined) return value;
  const source = typeof given === 'string' ? entry.flag.split(' ')[0] : entry.env;
  const shown = entry === SETTINGS.token || entry === SETTINGS.databaseUrl ? 'another value' : JSON.stringify(text);
  throw new KatonicError({
    code: 'usage',
    message: `${source}: expected ${entry.kind.expected}; ${shown} came`,
    remedy: `Set it with ${entry.flag} or with the environment variable ${entry.env}.`,
  });
}

/** `--allow-host <hosts>` is `allowHost`. */
export function flagName({ flag }: Pick<Setting<unknown>, 'flag'>): string {
  return (flag.split(' ')[0] as string).slice(2).replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** The one folder in which a server writes: feedback, converted models. Absolute. */
export function dataDirOf(settings: Pick<Settings, 'dataDir'>, packageDir: string): string {
  return settings.dataDir ?? join(resolve(packageDir), DATA_DIR);
}

/** The environment variables that the processes with the launch module get, so that the package sees one truth. */
export function childEnvironment(settings: Settings, packageDir: string): Record<string, string> {
  return {
    KATONIC_MAX_BODY: String(settings.maxBody),
    KATONIC_MAX_PIXELS: String(settings.maxPixels),
    KATONIC_ALLOW_HOST: settings.allowHosts.join(','),
    KATONIC_FETCH_TIMEOUT: String(settings.fetchTimeoutMs / 1000),
    KATONIC_ENGINE: settings.engine,
    KATONIC_THREADS: String(settings.threads),
    KATONIC_DATA_DIR: dataDirOf(settings, packageDir),
    KATONIC_PRODUCTION: settings.production ? '1' : '0',
  };
}
