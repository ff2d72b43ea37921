// E-mail or username and password → the account, or why not; the same work whether the account exists or not.
import type { Clock } from '../clock.ts';
import type { LimitsConfig } from '../config/config.ts';
import type { Db } from '../database/database.ts';
import { Refusal } from '../errors.ts';
import { knownAccount, unknownAccount } from '../limits/limits.ts';
import { isFirstRefusal, type Refused, reserveSignIn, type SignInAttempt } from '../limits/sign-in-attempt.ts';
import { type Account, isUsable } from './account.ts';
import { renewPasswordHash } from './accounts.ts';
import { type findCredentials, findCredentialsOrDecoy, findPasswordHash } from './finding/find-credentials.ts';
import { canonicalIdentifier } from './identifiers.ts';
import type { PasswordHasher } from './password-hash.ts';

export type Authentication =
  | {
      outcome: 'authenticated';
      account: Account;
      /** Of guessing at all accounts together: a password may be a stolen one. Undefined where it was not looked up. */
      alarmStands: boolean | undefined;
      /** False once the password has been changed: also while it was being checked. Asked after the outcome is stored. */
      isStillRight: () => Promise<boolean>;
    }
  /** The account is for the records only, and never shown: undefined if there is none. */
  | {
      outcome: 'wrong_credentials';
      accountId: string | undefined;
      /** This failure has blocked the network. */
      networkBlocked: boolean;
      /** This failure is one too many of all accounts together. */
      alarm: boolean;
    }
  /** The password was right: only its owner learns that the account is banned. */
  | { outcome: 'not_active'; accountId: string }
  /** Only its owner learns this as well: the deletion was asked for, and until then the account can be kept. */
  | { outcome: 'being_deleted'; accountId: string; until: Date }
  | {
      outcome: 'too_many_attempts';
      retryAfterSeconds: number;
      /** For the records only, as above. */
      accountId: string | undefined;
      /** Of the refused ones of this window: the others are not worth a record each. */
      isFirst: boolean;
    };

interface Deps {
  readonly db: Db;
  readonly clock: Clock;
  readonly hasher: PasswordHasher;
  readonly limits: LimitsConfig;
}

export interface Credentials {
  /** As typed. */
  readonly identifier: string;
  readonly password: string;
  /** /24 or /64, as text. */
  readonly network: string;
  /** The id of the device, where this account has signed in from this browser before (devices/). */
  readonly knownDevice?: string | undefined;
}

type Found = NonNullable<Awaited<ReturnType<typeof findCredentials>>>;

/**
 * Counts the attempt before hashing. `deps.db` must not be a transaction that may be rolled back, or the count is too.
 * @throws Refusal `busy` (503) when too many hashes wait; that attempt does not count.
 */
export async function authenticate(
  deps: Deps,
  { identifier, password, network, knownDevice }: Credentials,
): Promise<Authentication> {
  const spelling = spellingOf(identifier);
  const { found, instead } = await findCredentialsOrDecoy(deps.db, { identifier, spelling });
  const account = found ? knownAccount(found.account.id) : unknownAccount(spelling);
  const attempt = await reserveSignIn(deps, { account, network, knownDevice });
  const tooMany = async ({ retryAfterSeconds }: Refused): Promise<Authentication> => {
    const isFirst = await isFirstRefusal(deps, { account, network });
    return { outcome: 'too_many_attempts', retryAfterSeconds, accountId: found?.account.id, isFirst };
  };
  if ('allowed' in attempt) return tooMany(attempt);
  const { matches, needsRehash } = await verifyOrReturn(deps, attempt, {
    hash: found?.passwordHash,
    password,
    instead,
  });
  if (!found || !matches) {
    const consequences = await attempt.failed();
    if ('allowed' in consequences) return tooMany(consequences);
    return { outcome: 'wrong_credentials', accountId: found?.account.id, ...consequences };
  }
  const succeeded = await attempt.succeeded();
  if ('allowed' in succeeded) return tooMany(succeeded);
  if (!isUsable(found.account)) return whyUnusable(found.account);
  return { ...(await authenticated(deps, { found, password, needsRehash })), ...succeeded };
}

async function authenticated(
  deps: Deps,
  { found, password, needsRehash }: { found: Found; password: string; needsRehash: boolean },
): Promise<Omit<Authentication & { outcome: 'authenticated' }, 'alarmStands'>> {
  const { account, passwordHash: verified = '' } = found;
  const right = [verified];
  if (needsRehash) right.push(...(await rehash(deps, { accountId: account.id, verified, password })));
  const isStillRight = async () => right.includes((await findPasswordHash(deps.db, account.id)) ?? '');
  return { outcome: 'authenticated', account, isStillRight };
}

const whyUnusable = ({ id: accountId, status, deleteAt }: Account): Authentication =>
  status === 'deleting' && deleteAt !== undefined
    ? { outcome: 'being_deleted', accountId, until: deleteAt }
    : { outcome: 'not_active', accountId };

/** One counter for all spellings of an account that does not exist, as for one that does. */
const spellingOf = (identifier: string): string =>
  canonicalIdentifier(identifier)?.value ?? identifier.trim().toLowerCase();

async function verifyOrReturn(
  { hasher }: Deps,
  attempt: SignInAttempt,
  { hash, password, instead }: { hash: string | undefined; password: string; instead: string | undefined },
): ReturnType<PasswordHasher['verify']> {
  try {
    return await hasher.verify(hash, password, instead);
  } catch (error) {
    await attempt.giveBack();
    throw error;
  }
}

/** The new hash. The password was right; when the hasher is busy the next sign-in renews it, and there is none. */
async function rehash(
  { db, hasher }: Deps,
  { accountId, verified, password }: { accountId: string; verified: string; password: string },
): Promise<string[]> {
  try {
    const renewed = await hasher.hash(password);
    await renewPasswordHash(db, { accountId, verified, renewed });
    return [renewed];
  } catch (error) {
    if (!(error instanceof Refusal && error.code === 'busy')) throw error;
    return [];
  }
}
