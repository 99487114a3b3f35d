import process from 'node:process';
import { toProblem } from '../errors.js';
import { endWithParent } from '../parent-watch.js';
import { prepareConversion } from './prepare.js';

/**
 * `node prepare-child.js MODEL CACHE PARENT`: converts and compares, leaves the verdict in the cache, says in one line why
 * it could not. Ends with the process PARENT, whose number it is.
 */
const [model = '', cacheDir = '', parent = ''] = process.argv.slice(2);
endWithParent(Number(parent));
try {
  await prepareConversion(model, cacheDir);
} catch (error) {
  process.stdout.write(toProblem(error).message);
  process.exitCode = 1;
}
