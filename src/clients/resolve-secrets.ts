// Fetches the secrets a client file names and keeps only their hashes.
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Mode } from '../config/config.ts';
import { type Environment, variable } from '../config/interpolation.ts';
import { whyUnreadable } from '../config/problem.ts';
import { exampleSecretProblem, SHIPPED_SECRETS } from '../config/secrets/example-secrets.ts';
import { withoutLineEnds } from '../config/secrets/secret-file.ts';
import type { ClientSecret } from './client.ts';
import type { Finding } from './client-draft.ts';
import { isBrokenSecret, parseClientSecretHash, sha256 } from './client-secret.ts';
import { parseMoment, type StatedSecret } from './client-secrets-field.ts';

/** Characters. A generated secret has 54; shorter ones are refused whoever made them. */
const SHORTEST_SECRET = 32;

export interface ResolvedSecrets {
  /** Expired ones too: whoever compares knows the time. */
  readonly secrets: readonly ClientSecret[];
  readonly findings: readonly Finding[];
  readonly warnings: readonly Finding[];
}

interface Circumstances {
  readonly env: Environment;
  readonly mode: Mode | undefined;
  readonly now: Date;
  /** Absolute. */
  readonly clientFile: string;
}

export function resolveSecrets(
  circumstances: Circumstances,
  stated: readonly (StatedSecret | undefined)[],
): ResolvedSecrets {
  const secrets: ClientSecret[] = [];
  const findings: Finding[] = [];
  const warnings: Finding[] = [];
  for (const [index, secret] of stated.entries()) {
    if (secret === undefined) continue;
    const result = resolveSecret(circumstances, secret);
    const expires = secret.expires === undefined ? undefined : parseMoment(secret.expires);
    const created = secret.created === undefined ? undefined : parseMoment(secret.created);
    if ('problem' in result) findings.push({ path: ['client_secrets', index, result.key], message: result.problem });
    else secrets.push({ sha256: result.hash, expires, created });
    if ('remark' in result) warnings.push({ path: ['client_secrets', index, result.key], message: result.remark });
    if (expires !== undefined && expires <= circumstances.now) {
      warnings.push({ path: ['client_secrets', index, 'expires'], message: 'has passed: this secret is not accepted' });
    }
  }
  return { secrets, findings, warnings };
}

/** Absolute: `file:` is relative to the client file. */
export const secretFilesOf = (clientFile: string, stated: readonly (StatedSecret | undefined)[]): readonly string[] =>
  stated.flatMap((secret) => (secret?.file === undefined ? [] : [secretFile(clientFile, secret.file)]));

const secretFile = (clientFile: string, path: string): string => resolve(dirname(clientFile), path);

type Resolved = { hash: Buffer } | { hash: Buffer; key: string; remark: string } | { key: string; problem: string };

function resolveSecret(circumstances: Circumstances, { hash, env, file, value }: StatedSecret): Resolved {
  if (hash !== undefined) return fromHash(circumstances, hash);
  if (env !== undefined) return accepted(circumstances, 'env', fromVariable(circumstances, env));
  if (file !== undefined) return accepted(circumstances, 'file', fromFile(circumstances, file));
  if (circumstances.mode === 'production') {
    return { key: 'value', problem: 'stands in clear in this file; production takes env, file or hash' };
  }
  return accepted(circumstances, 'value', { text: value ?? '' });
}

function fromHash({ mode }: Circumstances, text: string): Resolved {
  const hash = parseClientSecretHash(text) ?? Buffer.alloc(0);
  const isShipped = SHIPPED_SECRETS.some((secret) => sha256(secret).equals(hash));
  if (mode !== 'production' || !isShipped) return { hash };
  return { key: 'hash', problem: 'is the hash of an example secret that everybody can read' };
}

type Fetched = { text: string } | { problem: string };

function fromVariable({ env }: Circumstances, name: string): Fetched {
  const text = variable(env, name);
  return text === undefined || text === '' ? { problem: `the environment variable ${name} is not set` } : { text };
}

function fromFile({ clientFile }: Circumstances, path: string): Fetched {
  const absolute = secretFile(clientFile, path);
  try {
    return { text: withoutLineEnds(readFileSync(absolute, 'utf8')) };
  } catch (error) {
    return { problem: `${absolute} ${whyUnreadable(error)}` };
  }
}

function accepted({ mode }: Circumstances, key: string, fetched: Fetched): Resolved {
  if ('problem' in fetched) return { key, problem: fetched.problem };
  const problem =
    secretProblem(fetched.text) ?? (mode === 'production' ? exampleSecretProblem(fetched.text) : undefined);
  if (problem !== undefined) return { key, problem: `the secret ${problem}` };
  const hash = sha256(fetched.text);
  return isBrokenSecret(fetched.text) ? { hash, key, remark: BROKEN } : { hash };
}

const BROKEN = 'the secret begins like a generated one, but its checksum does not fit: was it copied as a whole?';

/** RFC 6749 appendix A.2: printable ASCII. */
function secretProblem(text: string): string | undefined {
  if (/[^\x20-\x7e]/.test(text)) return 'contains characters other than printable ASCII';
  const isLong = text.length >= SHORTEST_SECRET;
  return isLong ? undefined : `has ${text.length} characters, expected at least ${SHORTEST_SECRET}`;
}
