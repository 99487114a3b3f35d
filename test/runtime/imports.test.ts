import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, sep } from 'node:path';
import { expect, test } from 'vitest';
import { packageRoot } from '../../runtime/package-root.js';

/**
 * Which rooms of runtime/ a room may import, as docs/architecture.md has it. `type` allows types alone, `later` what is loaded
 * where it is needed; the files at the top of runtime/ are for all.
 */
const allowed: Readonly<Record<string, Readonly<Record<string, 'value' | 'type' | 'later'>>>> = {
  images: {},
  launch: {},
  exports: { images: 'type' },
  engines: { images: 'value', exports: 'type', launch: 'type', convert: 'later' },
  convert: { engines: 'value' },
  workers: { launch: 'value', engines: 'value', images: 'value' },
  feedback: { launch: 'value', images: 'value', workers: 'value', serving: 'type' },
  monitoring: { feedback: 'value', launch: 'type', workers: 'type', serving: 'type' },
  bundle: { launch: 'value', convert: 'value', workers: 'value' },
  serving: { workers: 'value', launch: 'value', feedback: 'value', monitoring: 'value' },
  page: {},
  generators: { exports: 'value', images: 'type' },
};

/** May import everything, and nothing imports it. */
const last = 'cli';

interface Import {
  readonly from: string;
  readonly to: string;
  readonly how: 'value' | 'type' | 'later';
}

function sources(folder: string): string[] {
  return readdirSync(join(packageRoot, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => posix.join(folder, name.split(sep).join('/')));
}

const statement = /^(?:import|export)\s+(type\s)?[^;]*?from\s+'(\.[^']+)'|\bimport\('(\.[^']+)'\)/gm;

function importsOf(file: string): Import[] {
  const text = readFileSync(join(packageRoot, file), 'utf8');
  return [...text.matchAll(statement)].map(([, type, named, later]) => {
    const to = posix.normalize(posix.join(dirname(file), (named ?? later) as string));
    return { from: file, to, how: later !== undefined ? 'later' : type !== undefined ? 'type' : 'value' };
  });
}

/** `engines` of `runtime/engines/onnx.ts`; undefined for a file at the top of runtime/. */
function roomOf(file: string): string | undefined {
  const [top, room, ...inside] = file.split('/');
  if (top === 'generators') return 'generators';
  return inside.length === 0 ? undefined : room;
}

function permitted({ from, to, how }: Import): boolean {
  const [room, other] = [roomOf(from), roomOf(to)];
  if (other === undefined || room === other || room === last) return true;
  // The few files at the top that are entries: what launch files import.
  if (room === undefined) return ['launch', 'engines', 'images'].includes(other);
  const rule = allowed[room]?.[other];
  return rule === 'value' || rule === how || (rule === 'later' && how === 'type');
}

const imports = [...sources('runtime'), ...sources('generators')].flatMap(importsOf);

test('imports point the way that docs/architecture.md says', () => {
  expect(imports.length).toBeGreaterThan(500);
  const wrong = imports.filter((each) => !permitted(each)).map(({ from, to, how }) => `${from} -> ${to} (${how})`);
  expect(wrong).toEqual([]);
});

test('every room has its place in the table, and the table no room that is gone', () => {
  const folders = readdirSync(join(packageRoot, 'runtime'), { withFileTypes: true }).filter((each) =>
    each.isDirectory(),
  );
  expect(folders.map(({ name }) => name).sort()).toEqual(
    [...Object.keys(allowed), last].filter((room) => room !== 'generators').sort(),
  );
});
