import { KatonicError, type Problem } from '../errors.js';

/** Why a worker ended by itself, from its exit and the end of what it wrote to standard error. */
export function exitReason(code: number | null, signal: NodeJS.Signals | null, stderr: string): Problem {
  if (/heap out of memory|Allocation failed/.test(stderr)) {
    return {
      code: 'worker_lost',
      message: 'the worker ran out of memory (JavaScript heap)',
      remedy: 'Free what each request allocates, or raise the limit: NODE_OPTIONS=--max-old-space-size=<MiB>.',
    };
  }
  if (signal === 'SIGKILL') {
    return {
      code: 'worker_lost',
      message: 'the worker was killed (SIGKILL), as the system does when memory runs out',
      remedy: 'Serve with fewer workers, or give the machine or container more memory.',
    };
  }
  if (signal !== null) return { code: 'worker_lost', message: `the worker was ended by ${signal}` };
  // The child's exit handler writes where process.exit was called.
  const stack = /process\.exit\(\d+\) was called\n([\s\S]*)/.exec(stderr)?.[1];
  return {
    code: 'worker_lost',
    message: `the worker ended with exit code ${code}${stack === undefined ? '' : ': process.exit was called'}`,
    remedy: 'Throw an error instead of calling process.exit in a launch module.',
    ...(stack === undefined ? {} : { stack }),
  };
}

/** What a caller gets when its worker was lost. */
export function lost(problem: Problem): KatonicError {
  const remedy = problem.remedy ?? 'The log has the stack; the worker is being replaced.';
  return new KatonicError({ ...problem, code: 'worker_lost', remedy });
}
