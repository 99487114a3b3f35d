import { describe, it } from 'vitest';
import { pythonOrSkip, pythons } from '../../platform/python.js';
import { launchPyBehaviour } from './launch-py-behaviour.js';

const usual = pythonOrSkip('launch.py under each Python at hand');

/** The usual one runs it in `npm test`. */
const others = pythons().filter(({ path }) => path !== usual);

describe.each(others)('launch.py under Python $version', ({ path }) => launchPyBehaviour(path));

it.skipIf(others.length > 0)('knows no Python but the usual one', ({ skip }) => skip('one Python is at hand'));
