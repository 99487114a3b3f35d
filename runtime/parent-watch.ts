import { Worker } from 'node:worker_threads';

/**
 * Ends this process when its parent is gone. A closed channel is noticed by the event loop only, and user code can block
 * that for ever (an endless loop, a native call): a thread of its own looks at the parent's pid instead.
 */
const SCRIPT = `
const { workerData } = require('node:worker_threads');
const gone = () => {
  if (process.platform !== 'win32') return process.ppid !== workerData.parent;
  try { process.kill(workerData.parent, 0); return false; } catch (error) { return error.code === 'ESRCH'; }
};
setInterval(() => { if (gone()) process.kill(process.pid, 'SIGKILL'); }, workerData.everyMs);
`;

/** `parent` is the pid of the process that must stay alive. */
export function endWithParent(parent: number, everyMs = 500): void {
  const thread = new Worker(SCRIPT, {
    eval: true,
    workerData: { parent, everyMs },
    execArgv: [],
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 1 },
  });
  thread.unref();
}
