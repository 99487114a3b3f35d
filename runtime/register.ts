/**
 * `node -r generator-katonic-classifier/register FILE.ts`, in a package's folder: its TypeScript runs as it does when the
 * package is served. A scaffold's tests are started this way.
 */
import { registerTypeScript } from './launch/user-module.js';

registerTypeScript();
