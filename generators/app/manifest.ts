/** A part of a package.json; parts of several fragments become one. */
export type Manifest = { readonly [key: string]: unknown };

const ORDER = [
  'name',
  'version',
  'private',
  'description',
  'engines',
  'scripts',
  'dependencies',
  'devDependencies',
  'allowScripts',
];

/** Merges objects within each other; of two other values the later one stands. */
export function merge(...parts: readonly Manifest[]): Manifest {
  const result: Record<string, unknown> = {};
  for (const part of parts) {
    for (const [key, value] of Object.entries(part)) {
      const before = result[key];
      result[key] = isObject(before) && isObject(value) ? merge(before, value) : value;
    }
  }
  return result;
}

/** A package.json with its fields in npm's usual order and its dependencies by name. */
export function manifestText(manifest: Manifest): string {
  const rank = (key: string) => (ORDER.includes(key) ? ORDER.indexOf(key) : ORDER.length);
  const keys = Object.keys(manifest).sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));
  const sorted = keys.map((key) => [
    key,
    /ependencies$|^allowScripts$/.test(key) ? byName(manifest[key]) : manifest[key],
  ]);
  return `${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`;
}

function byName(value: unknown): unknown {
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function isObject(value: unknown): value is Manifest {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
