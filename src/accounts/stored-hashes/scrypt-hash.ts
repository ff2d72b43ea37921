// scrypt (RFC 7914) as Werkzeug, Django, passlib and PHC strings write it.
import { type ScryptOptions, scrypt } from 'node:crypto';
import {
  decodeBase64,
  decodeHex,
  type HashReader,
  type HashReading,
  refused,
  type Salted,
  salted,
  sameTag,
} from './hash-text.ts';

const WERKZEUG = /^scrypt:(?<N>\d+):(?<r>\d+):(?<p>\d+)\$(?<salt>[^$]+)\$(?<tag>[^$]+)$/;
const DJANGO = /^scrypt\$(?<N>\d+)\$(?<salt>[^$]+)\$(?<r>\d+)\$(?<p>\d+)\$(?<tag>[^$]+)$/;
const PHC = /^\$scrypt\$ln=(?<ln>\d+),r=(?<r>\d+),p=(?<p>\d+)\$(?<salt>[^$]+)\$(?<tag>[^$]+)$/;

/** 128 N r: 256 MiB, as many times as there are cores. */
const MOST_MEMORY_BYTES = 256 * 1024 * 1024;
/** N r p: about a second and a half of a core. */
const MOST_WORK = 4_194_304;

interface Parameters {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

export const readScrypt: HashReader = (stored) => {
  if (!/^\$?scrypt[:$]/.test(stored)) return undefined;
  const found = (WERKZEUG.exec(stored) ?? DJANGO.exec(stored) ?? PHC.exec(stored))?.groups;
  if (found === undefined) return refused('is scrypt in a spelling that is not known');
  const { N, ln, r, p, salt = '', tag = '' } = found;
  const parameters = { N: N === undefined ? 2 ** Number(ln) : Number(N), r: Number(r), p: Number(p) };
  const problem = parameterProblem(parameters);
  if (problem !== undefined) return refused(`is scrypt with ${problem}`);
  const isPhc = stored.startsWith('$');
  const parts = salted(
    isPhc ? decodeBase64(salt) : Buffer.from(salt),
    stored.startsWith('scrypt:') ? decodeHex(tag) : decodeBase64(tag),
    isPhc ? undefined : 64,
  );
  return 'problem' in parts ? refused(`is scrypt, but ${parts.problem}`) : readable(parameters, parts);
};

function parameterProblem({ N, r, p }: Parameters): string | undefined {
  if (!(N >= 2 && Number.isInteger(Math.log2(N)))) return `N=${N}, which is no power of two`;
  if (r < 1 || p < 1 || 128 * N * r > MOST_MEMORY_BYTES) {
    return `N=${N} and r=${r}; 128 × N × r of at most ${MOST_MEMORY_BYTES} bytes is accepted`;
  }
  return N * r * p > MOST_WORK ? `N=${N}, r=${r} and p=${p}; N × r × p of at most ${MOST_WORK} is accepted` : undefined;
}

const readable = (parameters: Parameters, { salt, tag }: Salted): HashReading => ({
  outcome: 'readable',
  async matches(password) {
    return sameTag(await derive(password, { salt, bytes: tag.length }, parameters), tag);
  },
});

function derive(password: string, { salt, bytes }: { salt: Buffer; bytes: number }, parameters: Parameters) {
  const options: ScryptOptions = { ...parameters, maxmem: 2 * MOST_MEMORY_BYTES };
  return new Promise<Buffer>((resolve, reject) => {
    scrypt(password, salt, bytes, options, (error, tag) => (error === null ? resolve(tag) : reject(error)));
  });
}
