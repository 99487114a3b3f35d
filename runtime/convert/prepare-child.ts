import process from 'node:process';
import { toProblem } from '../errors.js';
import { prepareConversion } from './prepare.js';

/** `node prepare-child.js MODEL CACHE`: converts and compares, leaves the verdict in the cache, says in one line why it could not. */
const [model = '', cacheDir = ''] = process.argv.slice(2);
try {
  await prepareConversion(model, cacheDir);
} catch (error) {
  process.stdout.write(toProblem(error).message);
  process.exitCode = 1;
}
