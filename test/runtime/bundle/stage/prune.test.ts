import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listFiles } from '../../../../runtime/bundle/manifest.js';
import { prune } from '../../../../runtime/bundle/stage/prune.js';

describe('pruning node_modules', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'katonic-prune-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const pruned = (...paths: string[]) => {
    for (const path of paths) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), 'x');
    }
    prune(folder);
    return listFiles(folder);
  };

  it('keeps what runs, and licences', () => {
    const kept = [
      'a/LICENSE.md',
      'a/NOTICE.md',
      'a/data/readme.json',
      'a/docs/index.js',
      'a/index.cjs',
      'a/lib/x.wasm',
      'a/package.json',
      'a/test/x.js',
    ];
    expect(
      pruned(...kept, 'a/README.md', 'a/CHANGELOG.md', 'a/index.js.map', 'a/types/index.d.ts', 'a/index.d.mts'),
    ).toEqual(kept);
  });

  it("keeps one platform of ONNX Runtime's, without its GPU providers", () => {
    const bin = 'onnxruntime-node/bin/napi-v6';
    const linux = `${bin}/linux/x64`;
    expect(
      pruned(
        `${linux}/libonnxruntime.so.1`,
        `${linux}/libonnxruntime_providers_cuda.so`,
        `${linux}/libonnxruntime_providers_shared.so`,
        `${linux}/libonnxruntime_providers_tensorrt.so`,
        `${linux}/onnxruntime_binding.node`,
        `${bin}/darwin/arm64/onnxruntime_binding.node`,
        `${bin}/linux/arm64/onnxruntime_binding.node`,
        `${bin}/win32/x64/onnxruntime.dll`,
      ),
    ).toEqual([
      `${linux}/libonnxruntime.so.1`,
      `${linux}/libonnxruntime_providers_shared.so`,
      `${linux}/onnxruntime_binding.node`,
    ]);
  });
});
