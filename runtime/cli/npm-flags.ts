import { existsSync } from 'node:fs';
import { KatonicError } from '../errors.js';
import { SETTINGS } from '../settings.js';

/**
 * Without `--` npm keeps a flag to itself (as `npm_config_...`) and hands on its value alone, which then looks like a path.
 * Throws {@link KatonicError} `usage` where that is what must have happened.
 */
export function refuseFlagsThatNpmTook(path: string, env: NodeJS.ProcessEnv): void {
  const script = env.npm_lifecycle_event;
  if (script === undefined || existsSync(path)) return;
  const taken = Object.values(SETTINGS)
    .map(({ flag }) => flag.split(' ', 1)[0] as string)
    .find((flag) => {
      const value = env[`npm_config_${flag.slice(2).replaceAll('-', '_')}`];
      return value === 'true' || value === '' || value === path;
    });
  const flag = taken ?? (/^\d+$/.test(path) ? '--port' : undefined);
  if (flag === undefined) return;
  throw new KatonicError({
    code: 'usage',
    message: `expected the folder of a package; ${JSON.stringify(path)} came, the value of a flag that npm took for itself`,
    remedy: `Put -- before the flags: npm run ${script} -- ${flag} ${path}`,
  });
}
