import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { childEnvironment, dataDirOf, flagName, readSettings, SETTINGS } from '../../runtime/settings.js';

describe('readSettings', () => {
  it('gives the defaults', () => {
    expect(readSettings({}, {})).toMatchObject({
      port: 8080,
      host: '127.0.0.1',
      token: undefined,
      noAuth: false,
      prefix: '/api/v1',
      timeoutMs: 30_000,
      maxBody: 20 * 1024 * 1024,
      allowHosts: [],
      dataDir: undefined,
    });
  });

  it('reads every setting from its flag and from its variable, the flag first', () => {
    const samples: Record<keyof typeof SETTINGS, [string, unknown]> = {
      port: ['9000', 9000],
      host: ['0.0.0.0', '0.0.0.0'],
      token: ['abc def', 'abc def'],
      noAuth: ['1', true],
      prefix: ['/a/b/', '/a/b'],
      cors: ['https://a.example, http://b.example:81', ['https://a.example', 'http://b.example:81']],
      watch: ['yes', true],
      workers: ['3', 3],
      timeoutMs: ['1.5', 1500],
      queue: ['0', 0],
      graceMs: ['500ms', 500],
      maxBody: ['1mb', 1024 * 1024],
      maxPixels: ['1000', 1000],
      allowHosts: ['localhost:9, 10.0.0.1', ['localhost:9', '10.0.0.1']],
      fetchTimeoutMs: ['2m', 120_000],
      engine: ['onnx', 'onnx'],
      threads: ['2', 2],
      dataDir: ['data', resolve('data')],
      databaseUrl: ['postgres://u:p@h/d', 'postgres://u:p@h/d'],
      keepPictures: ['100', 100],
      production: ['true', true],
    };
    for (const [key, [text, value]] of Object.entries(samples)) {
      const entry = SETTINGS[key as keyof typeof SETTINGS];
      expect(readSettings({}, { [entry.env]: text }), entry.env).toMatchObject({ [key]: value });
      const flag = entry.flag.includes('<') ? text : true;
      expect(readSettings({ [flagName(entry)]: flag }, { [entry.env]: 'wrong value' }), entry.flag).toMatchObject({
        [key]: value,
      });
      expect(readSettings({}, { [entry.env]: '' })[key as keyof typeof SETTINGS]).toEqual(entry.default);
    }
  });

  it.each([
    [{ port: '70000' }, {}, /--port: expected a whole number from 0 to 65535 .*; "70000" came/],
    [{ port: '' }, {}, /--port/],
    [{}, { PORT: 'http' }, /PORT: expected .* "http" came/],
    [{ maxBody: '0' }, {}, /--max-body: expected a size such as 20mb/],
    [{ maxBody: '20 apples' }, {}, /--max-body/],
    [{ timeout: '-1' }, {}, /--timeout: expected a time/],
    [{ timeout: '0' }, {}, /--timeout/],
    [{ workers: '0' }, {}, /--workers: expected auto/],
    [{ prefix: 'api' }, {}, /--prefix: expected a path that begins with a slash/],
    [{ prefix: '/a?b' }, {}, /--prefix/],
    [{ engine: 'cuda' }, {}, /--engine: expected one of auto, tfjs/],
    [{ cors: 'https://a.example/path' }, {}, /--cors: expected origins/],
    [{ allowHost: 'http://a' }, {}, /--allow-host/],
    [{ host: 'a b' }, {}, /--host/],
    [{}, { KATONIC_NO_AUTH: 'maybe' }, /KATONIC_NO_AUTH: expected 1 or 0/],
    [{}, { DATABASE_URL: 'mysql://x' }, /DATABASE_URL: expected a URL that begins with postgres/],
  ])('refuses %o %o', (flags, env, message) => {
    expect(() => readSettings(flags, env)).toThrowError(
      expect.objectContaining({
        code: 'usage',
        message: expect.stringMatching(message),
        remedy: expect.stringContaining('--'),
      }),
    );
  });

  it('never repeats a secret', () => {
    expect(() => readSettings({ token: ' söcret ' }, {})).toThrowError(/another value came/);
    expect(() => readSettings({}, { DATABASE_URL: 'mysql://u:söcret@h' })).toThrowError(/another value came/);
  });

  it('hands children what they need, and no secret', () => {
    const settings = readSettings(
      { token: 'secret', fetchTimeout: '500ms', maxBody: '1k' },
      { DATABASE_URL: 'postgres://x:secret@y' },
    );
    const env = childEnvironment(settings, '/package');
    expect(env).toMatchObject({
      KATONIC_FETCH_TIMEOUT: '0.5',
      KATONIC_MAX_BODY: '1024',
      KATONIC_DATA_DIR: join('/package', '.katonic'),
    });
    expect(JSON.stringify(env)).not.toContain('secret');
    // What a child reads is what was set.
    expect(readSettings({}, env)).toMatchObject({ fetchTimeoutMs: 500, maxBody: 1024 });
    expect(dataDirOf({ dataDir: '/elsewhere' }, '/package')).toBe('/elsewhere');
  });
});
