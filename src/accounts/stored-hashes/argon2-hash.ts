// Argon2 (RFC 9106) as PHC strings write it, and as Django does with `argon2` before them.
import argon2 from 'argon2';
import { decodeBase64, type HashReader, type HashReading, refused, type Salted, salted, sameTag } from './hash-text.ts';

const PHC = /^(?:argon2)?\$(argon2(?:id|i|d))(?:\$v=(\d+))?\$m=(\d+),t=(\d+),p=(\d+)\$([^$]+)\$([^$]+)$/;
const TYPES = { argon2id: argon2.argon2id, argon2i: argon2.argon2i, argon2d: argon2.argon2d } as const;

/** KiB: 256 MiB, as many times as there are cores. */
const MOST_MEMORY = 262_144;
/** Memory times passes, KiB: about a second of a core. */
const MOST_WORK = 1_048_576;
/** Each is a thread of its own. */
const MOST_LANES = 16;

interface Parameters {
  readonly version: number;
  readonly memoryCost: number;
  readonly timeCost: number;
  readonly parallelism: number;
}

export const readArgon2: HashReader = (stored) => {
  if (!/^(?:argon2)?\$argon2/.test(stored)) return undefined;
  const [, type, version = '16', m, t, p, salt = '', tag = ''] = PHC.exec(stored) ?? [];
  if (type === undefined) return refused('is argon2 in a spelling that is not known');
  const parameters = { version: Number(version), memoryCost: Number(m), timeCost: Number(t), parallelism: Number(p) };
  const problem = parameterProblem(parameters);
  if (problem !== undefined) return refused(`is ${type} with ${problem}`);
  const parts = salted(decodeBase64(salt), decodeBase64(tag));
  if ('problem' in parts) return refused(`is ${type}, but ${parts.problem}`);
  if (parts.salt.length < 8) return refused(`is ${type}, but its salt has fewer than 8 bytes`);
  return readable({ ...parameters, type: TYPES[type as keyof typeof TYPES] }, parts);
};

function parameterProblem({ version, memoryCost, timeCost, parallelism }: Parameters): string | undefined {
  if (version !== 16 && version !== 19) return `v=${version}, where 16 or 19 is expected`;
  if (parallelism < 1 || parallelism > MOST_LANES) return `p=${parallelism}; 1 to ${MOST_LANES} are accepted`;
  if (memoryCost < 8 * parallelism || memoryCost > MOST_MEMORY) {
    return `m=${memoryCost}; ${8 * parallelism} to ${MOST_MEMORY} (KiB) are accepted`;
  }
  if (timeCost < 1 || timeCost * memoryCost > MOST_WORK) {
    return `t=${timeCost} and m=${memoryCost}; m × t of at most ${MOST_WORK} is accepted`;
  }
  return undefined;
}

const readable = (parameters: Parameters & { type: 0 | 1 | 2 }, { salt, tag }: Salted): HashReading => ({
  outcome: 'readable',
  async matches(password) {
    const made = await argon2.hash(password, { ...parameters, salt, hashLength: tag.length, raw: true });
    return sameTag(made, tag);
  },
});
