import { expect, it } from 'vitest';
import { makePackage } from '../launch/harness.js';
import { runCli } from './run-cli.js';

it('tells by its exit code a folder that is not there from a package with errors', async () => {
  const dir = await makePackage({ 'labels_file.json': '[]' }, 'minimal-cjs');
  const missing = runCli(['check', 'nowhere'], { cwd: dir });
  expect(await missing.ended).toBe(2);
  expect(missing.output.out).toMatch(/expected a folder at .*nowhere; there is nothing/);
  const json = runCli(['check', 'nowhere', '--json'], { cwd: dir });
  expect(await json.ended).toBe(2);
  expect(JSON.parse(json.output.out)).toMatchObject([{ rule: 'package/folder' }]);
  expect(await runCli(['check', dir]).ended).toBe(1);
}, 60_000);
