import type { ExportSource } from '../source/source.js';
import { readOnnx } from './model-file.js';

/** What an exporter wrote into the file beside the graph (metadata_props). */
export async function readMetadata(source: ExportSource, file: string): Promise<ReadonlyMap<string, string>> {
  return (await readOnnx(source, file)).metadata;
}
