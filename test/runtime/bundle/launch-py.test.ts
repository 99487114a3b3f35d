import { describe } from 'vitest';
import { pythonOrSkip } from '../../platform/python.js';
import { launchPyBehaviour } from './launch-py-behaviour.js';

const python = pythonOrSkip('launch.py against a real child process');

describe.skipIf(python === undefined)('launch.py', () => launchPyBehaviour(python as string));
