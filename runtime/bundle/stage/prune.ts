import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** What no running program reads: maps, type declarations, prose (licences stay, as they ask for). */
const UNREAD =
  /\.(?:map|md|markdown|d\.[cm]?ts|tsbuildinfo)$|^\.(?:npmignore|eslintrc.*|prettierrc.*|editorconfig|travis\.yml)$/i;
const KEPT = /^(?:licen[cs]e|notice|copying|third.?party)/i;
/** ONNX Runtime ships one folder a platform, and GPU providers that no upload can use. */
const ORT_BINARIES = ['onnxruntime-node', 'bin'];
const ORT_GPU = /^libonnxruntime_providers_(?:cuda|tensorrt|migraphx|rocm)/;

/** Removes from a `node_modules` what linux-x64 never reads. Only deletes whole files and folders, never edits one. */
export function prune(modules: string): void {
  pruneOrt(join(modules, ...ORT_BINARIES));
  pruneUnread(modules);
}

function pruneUnread(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      pruneUnread(path);
      if (readdirSync(path).length === 0) rmSync(path, { recursive: true });
    } else if (UNREAD.test(entry.name) && !KEPT.test(entry.name)) rmSync(path);
  }
}

function pruneOrt(bin: string): void {
  if (!existsSync(bin)) return;
  for (const api of readdirSync(bin)) {
    for (const platform of folders(join(bin, api))) {
      if (platform !== 'linux') rmSync(join(bin, api, platform), { recursive: true });
    }
    const linux = join(bin, api, 'linux');
    for (const cpu of folders(linux)) {
      if (cpu !== 'x64') rmSync(join(linux, cpu), { recursive: true });
    }
    for (const file of folders(linux).includes('x64') ? readdirSync(join(linux, 'x64')) : []) {
      if (ORT_GPU.test(file)) rmSync(join(linux, 'x64', file));
    }
  }
}

function folders(path: string): string[] {
  if (!existsSync(path)) return [];
  return readdirSync(path).filter((name) => statSync(join(path, name)).isDirectory());
}
