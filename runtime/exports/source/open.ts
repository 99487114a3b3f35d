import { existsSync } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { refuse } from '../refuse.js';
import { isZip, unpack } from './archive.js';
import { ExportSource, folderOf } from './source.js';

const maxFiles = 5_000;
const maxDepth = 6;
const junk = /^(__MACOSX|\.DS_Store|\._.*|Thumbs\.db|desktop\.ini|\.git|node_modules|\.ipynb_checkpoints)$/;

/** Files that are part of an export and not its model: who names one means the export around it. */
const companion =
  /^(metadata\.json|weights\.bin|group\d+-shard.*|cvexport\.manifest|metadata_properties\.json|(preprocessor_)?config\.json|(dict|labels)\.txt)$/;

export interface Opened {
  readonly source: ExportSource;
  dispose(): Promise<void>;
}

const nothing = async (): Promise<void> => undefined;

/**
 * Opens a folder, a zip or a file of an export. A zip is unpacked into a temporary folder that `dispose` removes.
 * Throws {@link KatonicError} `package`.
 */
export async function openSource(path: string): Promise<Opened> {
  const absolute = resolve(path);
  const found = await stat(absolute).catch((error: NodeJS.ErrnoException) => {
    throw refuse(
      error.code === 'ENOENT' ? `there is no file or folder ${path}` : `${path} cannot be read (${error.code})`,
      'Give --model the path of an exported model: a folder, a model.json, an .onnx file or a zip.',
      path,
      error,
    );
  });
  if (found.isDirectory()) {
    return { source: new ExportSource(absolute, await filesBelow(absolute, path), path), dispose: nothing };
  }
  if (!found.isFile()) throw refuse(`${path} is neither a file nor a folder`, 'Give --model a file or a folder.', path);
  if (found.size === 0) {
    throw refuse(`${path} is empty (0 bytes)`, 'The export or the download did not finish: do it again.', path);
  }
  if (isZip(await head(absolute, 4))) {
    const unpacked = await unpack(absolute, path);
    try {
      const files = await filesBelow(unpacked.folder, path);
      return { source: new ExportSource(unpacked.folder, files, path), dispose: unpacked.dispose };
    } catch (error) {
      await unpacked.dispose();
      throw error;
    }
  }
  return { source: await besideFile(absolute, path), dispose: nothing };
}

/** The first bytes of a file: enough to tell what it is. */
export async function head(path: string, length: number): Promise<Buffer> {
  const handle = await open(path);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** A file is read with its neighbours, and with the folder above where `onnx/` holds the graph (Hugging Face). */
async function besideFile(absolute: string, shown: string): Promise<ExportSource> {
  const folder = dirname(absolute);
  const above = dirname(folder);
  const files = await filesBelow(folder, shown, 1);
  if (basename(folder) === 'onnx' && existsSync(join(above, 'config.json'))) {
    const all = [...(await filesBelow(above, shown, 0)), ...files.map((file) => `onnx/${file}`)];
    return new ExportSource(above, all.sort(), shown, `onnx/${basename(absolute)}`);
  }
  return new ExportSource(folder, files, shown, companion.test(basename(absolute)) ? undefined : basename(absolute));
}

async function filesBelow(root: string, shown: string, depth = maxDepth): Promise<string[]> {
  const files: string[] = [];
  const visit = async (folder: string, level: number): Promise<void> => {
    for (const name of (await readdir(join(root, folder))).sort()) {
      if (junk.test(name)) continue;
      const file = folder === '' ? name : `${folder}/${name}`;
      // Hugging Face's cache is made of links, so links are followed; one that leads nowhere is left out.
      const found = await stat(join(root, file)).catch(() => undefined);
      if (found?.isDirectory() && level < depth) await visit(file, level + 1);
      if (found?.isFile()) files.push(file);
      if (files.length > maxFiles) {
        throw refuse(
          `${shown} holds more than ${maxFiles} files`,
          'Give --model the folder of the export alone, or the model file itself.',
          shown,
        );
      }
    }
  };
  await visit('', 0);
  return files.sort();
}

/** Where the export lies in one folder below (a zip of a folder), that folder is the export. */
export function narrow(source: ExportSource, isModel: (file: string) => boolean): ExportSource {
  const folders = new Set(
    source.files
      .filter(isModel)
      .map(folderOf)
      .map((folder) => folder.replace(/(^|\/)onnx$/, '')),
  );
  const [only] = folders;
  if (folders.size !== 1 || only === undefined || only === '') return source;
  const files = source.files.filter((file) => file.startsWith(`${only}/`)).map((file) => file.slice(only.length + 1));
  return new ExportSource(source.absolute(only), files, source.shown);
}
