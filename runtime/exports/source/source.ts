import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { refuse } from '../refuse.js';

/** JSON files of an export are texts for people and loaders; one above this is no metadata. */
const maxJsonBytes = 200 * 2 ** 20;

/**
 * The files of one export, wherever they came from. Paths are relative to `root` and use `/`; nothing outside of
 * `root` is reachable through it.
 */
export class ExportSource {
  constructor(
    /** Absolute. */
    readonly root: string,
    /** Sorted, without what macOS and editors leave behind. */
    readonly files: readonly string[],
    /** The path as the person gave it, for messages. */
    readonly shown: string,
    /** The file that the person named, when it was not a folder or a zip. */
    readonly chosen: string | undefined = undefined,
  ) {}

  has(file: string): boolean {
    return this.files.includes(file);
  }

  absolute(file: string): string {
    return join(this.root, file);
  }

  /** The files directly in `folder` (`''` for the root) that `pattern` matches. */
  inFolder(folder: string, pattern: RegExp): readonly string[] {
    return this.files.filter((file) => folderOf(file) === folder && pattern.test(baseOf(file)));
  }

  async size(file: string): Promise<number> {
    return (await stat(this.absolute(file))).size;
  }

  async bytes(file: string): Promise<Buffer> {
    return readFile(this.absolute(file));
  }

  /** UTF-8 without a byte order mark; UTF-16 as Windows editors save it is recognised by its mark. */
  async text(file: string): Promise<string> {
    const bytes = await this.bytes(file);
    if (bytes[0] === 0xff && bytes[1] === 0xfe) return bytes.subarray(2).toString('utf16le');
    return bytes.toString('utf8').replace(/^\uFEFF/, '');
  }

  /** An object read from a JSON file. Throws {@link KatonicError} `package` when it is none. */
  async json(file: string): Promise<JsonObject> {
    if ((await this.size(file)) > maxJsonBytes) {
      throw refuse(`${file} is larger than ${maxJsonBytes / 2 ** 20} MB`, 'Export the model again.', file);
    }
    const text = await this.text(file);
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      const reason = text.trim() === '' ? 'it is empty' : error instanceof Error ? error.message : String(error);
      throw refuse(
        `${file} is not valid JSON: ${reason}`,
        'The file is damaged or was edited: export or download it again.',
        file,
        error,
      );
    }
    if (!isObject(value)) {
      throw refuse(
        `${file} holds ${Array.isArray(value) ? 'a JSON list' : `JSON ${JSON.stringify(value)}`}, an object was expected`,
        'Check that this file belongs to the export.',
        file,
      );
    }
    return value;
  }
}

export type JsonObject = { readonly [key: string]: unknown };

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function folderOf(file: string): string {
  const slash = file.lastIndexOf('/');
  return slash < 0 ? '' : file.slice(0, slash);
}

export function baseOf(file: string): string {
  return file.slice(file.lastIndexOf('/') + 1);
}

/**
 * The path of `reference` as a file of the export, given in `file` of it (a weights manifest, external data).
 * Throws {@link KatonicError} `package` where it is absolute, a URL or leads out of the folder.
 */
export function inside(reference: string, file: string): string {
  const parts = [...folderOf(file).split('/'), ...reference.split(/[/\\]/)].filter(
    (part) => part !== '' && part !== '.',
  );
  if (/^([a-z]+:|[/\\])/i.test(reference) || parts.includes('..') || reference.includes('\0')) {
    throw refuse(
      `${file} refers to ${JSON.stringify(reference)}, which lies outside of the export`,
      'Only files beside the model are read: export it again into one folder.',
      file,
    );
  }
  return parts.join('/');
}
