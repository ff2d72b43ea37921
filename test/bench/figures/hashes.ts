// How long a password hash takes, and what it costs. A program of its own: yardsticks.ts starts it as the server is started.
import { createPasswordHasher } from '../../../src/accounts/password-hash.ts';
import { perSecond } from './yardsticks.ts';

const hasher = createPasswordHasher({ parallel: 1, queue: 1 });
const before = process.cpuUsage();
const argon2 = await perSecond(async () => void (await hasher.hash('correct horse battery staple')));
const { user, system } = process.cpuUsage(before);
console.log(
  JSON.stringify({
    argon2PerSecond: argon2.rate,
    argon2CpuMilliseconds: (user + system) / 1000 / argon2.done,
  }),
);
