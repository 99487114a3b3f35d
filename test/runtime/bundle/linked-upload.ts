import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { collectSources } from '../../../runtime/bundle/sources/allow-list.js';
import { compileSources } from '../../../runtime/bundle/stage/compile.js';
import { writePlatformFiles } from '../../../runtime/bundle/stage/platform.js';
import { bundleRuntime } from '../../../runtime/bundle/stage/runtime.js';
import { packageRoot } from '../../../runtime/package-root.js';

/** A package of `fixtures/` as an upload, but for `npm install`: its libraries are links to ours. Needs a built dist/. */
export async function linkedUpload(name: string, folder: string): Promise<void> {
  const from = fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));
  const sources = await collectSources(from);
  const app = join(folder, 'app');
  mkdirSync(join(app, 'node_modules'), { recursive: true });
  for (const path of sources.data) cpSync(join(from, path), join(folder, path));
  for (const path of ['labels_file.json', 'katonic.json']) cpSync(join(from, path), join(app, path));
  writeFileSync(join(app, 'package.json'), JSON.stringify({ name, type: compileSources(sources, app) }));
  for (const library of ['joi', 'sharp']) {
    symlinkSync(join(packageRoot, 'node_modules', library), join(app, 'node_modules', library), 'dir');
  }
  await bundleRuntime(app, { libraries: ['joi', 'sharp'], absent: ['onnxruntime-node'], tfjs: false, findings: [] });
  writePlatformFiles(folder, { type: 'object', properties: { data: {} }, required: ['data'] });
}
