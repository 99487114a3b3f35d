import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { packageRoot } from '../../../runtime/package-root.js';

const { tfjsReport } = await import(pathToFileURL(join(packageRoot, 'bench/tfjs/report.js')).href);
const GOALS = { 'tfjs-node': 8, wasm: 12 };
const node = { engine: 'tfjs-node 4.22.0 (CPU)', picture: 20, cpu: 19, first: 250, rss: 4e8 };
const wasm = { engine: 'tfjs-wasm 4.22.0 (SIMD)', picture: 31, cpu: 30, first: 400, rss: 2e8 };
const onnx = { engine: 'onnxruntime 1.30.0 (CPU)', picture: 2, cpu: 2, first: 200, rss: 1e8 };

it('prints a row an engine, and what was measured beside each goal', () => {
  const report = tfjsReport({ once: 3000, rows: { 'tfjs-node': node, wasm, onnx }, missing: {} }, GOALS);
  expect(report).toContain('| tfjs-node 4.22.0 (CPU) | 20.0 | 10.0 x | 19.0 | 9.5 x | 250 | 400 |');
  expect(report).toContain('| onnxruntime 1.30.0 (CPU) | 2.0 | 1.0 x | 2.0 | 1.0 x | 200 | 100 |');
  expect(report).toContain('| a picture, against tfjs-node | 8 x | 10.0 x |');
  expect(report).toContain('| a picture, against WebAssembly | 12 x | 15.5 x |');
  expect(report).toContain('| the first answer from the cache, against tfjs-node | 1 x | 1.3 x |');
});

it('prints an engine that is missing as missing, with the reason', () => {
  const missing = { 'tfjs-node': 'Error: not installed' };
  const report = tfjsReport({ once: 3000, rows: { wasm, onnx }, missing }, GOALS);
  expect(report).toContain('| tfjs-node: not measured |');
  expect(report).toContain('| a picture, against tfjs-node | 8 x | not measured |');
  expect(report).toContain('| the first answer from the cache, against tfjs-node | 1 x | not measured |');
  expect(report).toContain('tfjs-node was not measured: Error: not installed');
});
