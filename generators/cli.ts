#!/usr/bin/env node
// The bin `generator-katonic-classifier`: the same generator as `yo katonic-classifier`, without a global yo.
import { join } from 'node:path';
import { createEnv } from 'yeoman-environment';
import { packageRoot } from '../runtime/package-root.js';

const NAMESPACE = 'katonic-classifier:app';

const env = createEnv();
env.register(join(packageRoot, 'generators', 'app', 'index.js'), { namespace: NAMESPACE, packagePath: packageRoot });
try {
  await env.execute(NAMESPACE, process.argv.slice(2));
} catch (thrown) {
  const stopped = thrown instanceof Error && thrown.name === 'ExitPromptError';
  process.stderr.write(`\n${stopped ? 'Stopped.' : thrown instanceof Error ? thrown.message : String(thrown)}\n`);
  process.exitCode = 1;
}
