import { basename } from 'node:path';
import type { Sources } from './allow-list.js';

/** What a bundle is called: the unscoped package name and its version. */
export function identity({ manifest, folder }: Pick<Sources, 'manifest' | 'folder'>): {
  name: string;
  version: string;
} {
  return {
    name: (manifest.name ?? basename(folder)).replace(/^@[^/]*\//, ''),
    version: manifest.version ?? '0.0.0',
  };
}
