// What the machine itself can do: signatures and password hashes, nothing around them.
import { generateKeyPairSync, sign } from 'node:crypto';
import { createPasswordHasher } from '../../../src/accounts/password-hash.ts';

export interface Yardsticks {
  /** Of a token of usual length, on one core. */
  readonly rs256PerSecond: number;
  /** With our parameters, one at a time. */
  readonly argon2PerSecond: number;
  /** CPU milliseconds of one hash. */
  readonly argon2CpuMilliseconds: number;
}

const SECONDS = 3;

export async function measureYardsticks(): Promise<Yardsticks> {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const text = Buffer.alloc(700, 'x');
  const rs256 = await perSecond(async () => void sign('sha256', text, privateKey));
  const hasher = createPasswordHasher({ parallel: 1, queue: 1 });
  const before = process.cpuUsage();
  const argon2 = await perSecond(async () => void (await hasher.hash('correct horse battery staple')));
  const { user, system } = process.cpuUsage(before);
  return {
    rs256PerSecond: rs256.rate,
    argon2PerSecond: argon2.rate,
    argon2CpuMilliseconds: (user + system) / 1000 / argon2.done,
  };
}

async function perSecond(work: () => Promise<void>): Promise<{ rate: number; done: number }> {
  const began = performance.now();
  let done = 0;
  while (performance.now() - began < SECONDS * 1000) {
    await work();
    done += 1;
  }
  return { rate: done / ((performance.now() - began) / 1000), done };
}
