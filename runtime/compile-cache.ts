/**
 * Imported first by what is started often. From Node 22.8 on, code that was compiled once is kept in the temporary
 * folder: the start is a tenth shorter from the second time on. Older versions have no such thing.
 */
import module from 'node:module';

const { enableCompileCache } = module as { enableCompileCache?: () => unknown };
enableCompileCache?.();
