// The tables of the TensorFlow.js benchmark, as Markdown.

/** In the order of the rows; the last one is ours. */
export const ENGINES = ['tfjs-node', 'wasm', 'onnx'];
const NAMES = { 'tfjs-node': 'tfjs-node', wasm: 'WebAssembly' };

/**
 * @param {{once: number, rows: Record<string, Row>, missing: Record<string, string>}} measured milliseconds of the
 *   conversion; a row an engine; why an engine has none
 * @param {Record<string, number>} goals times as fast as each engine
 * @typedef {{engine: string, picture: number, cpu: number, first: number, rss: number}} Row milliseconds and bytes
 */
export function tfjsReport({ once, rows, missing }, goals) {
  const ours = rows.onnx;
  const times = (value, of) => `${(value / of).toFixed(1)} x`;
  const lines = ENGINES.map((engine) => {
    const row = rows[engine];
    if (row === undefined) return `| ${engine}: not measured | | | | | | |`;
    const { picture, cpu, first, rss } = row;
    return `| ${row.engine} | ${picture.toFixed(1)} | ${times(picture, ours.picture)} | ${cpu.toFixed(1)} | ${times(cpu, ours.cpu)} | ${Math.round(first)} | ${Math.round(rss / 1e6)} |`;
  });
  const goal = (what, wanted, engine, figure) =>
    `| ${what} ${NAMES[engine]} | ${wanted} x | ${rows[engine] === undefined ? 'not measured' : times(rows[engine][figure], ours[figure])} |`;
  return [
    `Medians; CPU time is what a busy machine changes least. The first answer from the start of opening (ours: from the cache). Converted and compared once in ${(once / 1000).toFixed(1)} s.`,
    '',
    '| engine | ms a picture | against ours | CPU ms | against ours | first answer, ms | RSS, MB |',
    '|---|---:|---:|---:|---:|---:|---:|',
    ...lines,
    '',
    '| goal | at least | measured |',
    '|---|---:|---:|',
    ...Object.entries(goals).map(([engine, wanted]) => goal('a picture, against', wanted, engine, 'picture')),
    goal('the first answer from the cache, against', 1, 'tfjs-node', 'first'),
    ...Object.entries(missing).map(([engine, why]) => `\n${engine} was not measured: ${why}`),
  ].join('\n');
}
