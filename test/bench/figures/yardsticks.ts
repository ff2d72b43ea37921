// What the machine itself can do: signatures and password hashes, nothing around them.
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, sign } from 'node:crypto';
import path from 'node:path';

export interface Yardsticks extends Hashes {
  /** Of a token of usual length, on one core. */
  readonly rs256PerSecond: number;
}

export interface Hashes {
  /** With our parameters and the memory settings that the server is started with, one at a time. */
  readonly argon2PerSecond: number;
  /** CPU milliseconds of one hash. */
  readonly argon2CpuMilliseconds: number;
}

const SECONDS = 3;

export async function signaturesPerSecond(): Promise<number> {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const text = Buffer.alloc(700, 'x');
  return (await perSecond(async () => void sign('sha256', text, privateKey))).rate;
}

/** In a process that takes its memory as the server does (bin/gatehouse): that is a part of what a hash costs. */
export function measureHashes(): Hashes {
  const script = 'eval "$(grep ^export "$0")"; exec "$1" "$2"';
  const program = path.join(import.meta.dirname, '../../../bin/gatehouse');
  const args = ['-c', script, program, process.execPath, path.join(import.meta.dirname, 'hashes.ts')];
  return JSON.parse(execFileSync('sh', args, { encoding: 'utf8' }));
}

export async function perSecond(work: () => Promise<void>): Promise<{ rate: number; done: number }> {
  const began = performance.now();
  let done = 0;
  while (performance.now() - began < SECONDS * 1000) {
    await work();
    done += 1;
  }
  return { rate: done / ((performance.now() - began) / 1000), done };
}
