// How much memory processes hold, from the kernel.
import { readFileSync } from 'node:fs';
import type { Site } from './site.ts';

/** MB that are resident, of each. */
export const residentOf = ({ processes }: Site): number[] =>
  processes.map(({ pid }) => {
    const kilobytes = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return Number(kilobytes) / 1024;
  });

export interface MemoryWatch {
  /** MB by which the one that grew most has grown. */
  growth(): number;
  stop(): void;
}

export function watchMemory(site: Site): MemoryWatch {
  const first = residentOf(site);
  let most = 0;
  const timer = setInterval(() => {
    for (const [index, now] of residentOf(site).entries()) most = Math.max(most, now - (first[index] ?? now));
  }, 250);
  return { growth: () => Math.round(most), stop: () => clearInterval(timer) };
}
