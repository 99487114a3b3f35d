import { readFileSync } from 'node:fs';

/** Resident memory of a process, in MB. Linux only. */
export function residentMb(pid: number): number {
  const kilobytes = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) / 1024;
}

/** How much the values rise from one to the next, by least squares. */
export function slope(values: readonly number[]): number {
  const n = values.length;
  const [meanX, meanY] = [(n - 1) / 2, values.reduce((sum, y) => sum + y, 0) / n];
  const [over, under] = values.reduce(
    ([a, b], y, x) => [a + (x - meanX) * (y - meanY), b + (x - meanX) ** 2],
    [0, 0],
  ) as [number, number];
  return over / under;
}
