import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Logger } from '../../runtime/launch/contract.js';
import { type Serving, startServing } from '../../runtime/serving/serve.js';
import { readSettings, type Settings } from '../../runtime/settings.js';

/** A folder under test/fixtures. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
}

export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly details: readonly unknown[];
}

/** A logger that keeps what it is told. */
export function keepingLogger(): Logger & { readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const keep =
    (level: string) =>
    (message: string, ...details: unknown[]) => {
      lines.push({ level, message, details });
    };
  return {
    lines,
    debug: keep('debug'),
    info: keep('info'),
    warning: keep('warning'),
    error: keep('error'),
    exception: keep('exception'),
  };
}

export interface Served extends Serving {
  readonly logger: ReturnType<typeof keepingLogger>;
  /** `POST {prefix}/predict` with a JSON body. */
  predict(data: unknown, init?: RequestInit): Promise<Response>;
}

/** Serves the package at `dir` in this process, with real worker processes, on a free port. Needs a built dist/. */
export async function serveFixture(dir: string, settings: Partial<Settings> = {}): Promise<Served> {
  const dataDir = settings.dataDir ?? mkdtempSync(join(tmpdir(), 'katonic-data-'));
  const logger = keepingLogger();
  const all: Settings = { ...readSettings({}, {}), port: 0, workers: 1, dataDir, ...settings };
  const serving = await startServing({ dir, settings: all, logger });
  return {
    ...serving,
    get pkg() {
      return serving.pkg;
    },
    get info() {
      return serving.info;
    },
    logger,
    predict: (data, init) =>
      fetch(`${serving.url}${all.prefix}/predict`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ data }),
        ...init,
      }),
    close: async () => {
      await serving.close();
      if (settings.dataDir === undefined) rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

export interface TemporaryPackage {
  readonly dir: string;
  /** Replaces the launch file. */
  write(launch: string): void;
  remove(): void;
}

/** A package in a temporary folder with this JavaScript launch file (ESM), labels 0 and 1, and `files` beside it. */
export function temporaryPackage(launch: string, files: Readonly<Record<string, string>> = {}): TemporaryPackage {
  const dir = mkdtempSync(join(tmpdir(), 'katonic-package-'));
  const write = (name: string, text: string) => writeFileSync(join(dir, name), text);
  write('package.json', JSON.stringify({ name: 'temporary', version: '1.0.0', type: 'module' }));
  write('labels_file.json', JSON.stringify({ labels: [0, 1] }));
  write(
    'schema.js',
    "import Joi from 'joi';\nexport const PredictSchema = Joi.object({ data: Joi.any().required() });\n",
  );
  write('launch.js', launch);
  for (const [name, text] of Object.entries(files)) write(name, text);
  return {
    dir,
    write: (text) => write('launch.js', text),
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}
