import { describe, expect, it } from 'vitest';
import { identity, identityFindings } from '../../../../runtime/bundle/sources/identity.js';

describe('what a bundle is called', () => {
  it('is the unscoped name and the version, or the folder', () => {
    expect(identity({ manifest: { name: '@team/shoes', version: '1.2.3' }, folder: '/tmp/x' })).toEqual({
      name: 'shoes',
      version: '1.2.3',
    });
    expect(identity({ manifest: {}, folder: '/tmp/x' })).toEqual({ name: 'x', version: '0.0.0' });
  });

  it('comes from a name and a version that npm takes', () => {
    for (const version of ['1.0.0', '1.0.0-rc.1', '1.0.0+build.5']) {
      expect(identityFindings({ name: '@team/Old_Name', version })).toEqual([]);
    }
    expect(identityFindings({})).toEqual([]);
  });

  it.each([
    [{ name: '../../evil' }, '"name": "../../evil" is no package name'],
    [{ name: '' }, '"name": "" is no package name'],
    [{ name: 7 as unknown as string }, '"name": 7 is no package name'],
    [{ version: '1.0.0/../../x' }, '"version": "1.0.0/../../x" is no version'],
    [{ version: 'latest' }, '"version": "latest" is no version'],
  ])('refuses %j', (manifest, message) => {
    expect(identityFindings(manifest)).toMatchObject([
      { severity: 'error', rule: 'package/identity', message, file: 'package.json' },
    ]);
  });
});
