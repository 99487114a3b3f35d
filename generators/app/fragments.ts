import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import ejs from 'ejs';
import type { Manifest } from './manifest.js';

/**
 * A folder of templates/. Its files are rendered and written under their own path; two things are taken apart: `package.json` is
 * a part of the scaffold's, and `parts/NAME.ejs` is text that the templates of `base` put in their places.
 */
export interface Fragment {
  readonly name: string;
  readonly files: readonly { readonly path: string; readonly text: string }[];
  readonly parts: Readonly<Record<string, string>>;
  readonly manifest: Manifest;
}

/** npm leaves these two out of a package, so they are stored under other names. */
const stored: Readonly<Record<string, string>> = { _gitignore: '.gitignore', _npmrc: '.npmrc' };

/** Reads one fragment; nothing is rendered yet. */
export function readFragment(templates: string, name: string): Fragment {
  const folder = join(templates, name);
  const files: { path: string; text: string }[] = [];
  const parts: Record<string, string> = {};
  let manifest: Manifest = {};
  for (const file of filesIn(folder)) {
    const text = readFileSync(join(folder, file), 'utf8');
    const part = /^parts\/(.+)\.ejs$/.exec(file)?.[1];
    if (part !== undefined) parts[part] = text;
    else if (file === 'package.json') manifest = JSON.parse(text) as Manifest;
    else files.push({ path: stored[file] ?? file, text });
  }
  return { name, files, parts, manifest };
}

/** Renders templates (`*.ejs`) with `data`; other files are taken as they are. */
export function render(path: string, text: string, data: object): { path: string; content: string } {
  if (!path.endsWith('.ejs')) return { path, content: text };
  return { path: path.slice(0, -'.ejs'.length), content: ejs.render(text, data) };
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
}
