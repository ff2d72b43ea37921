// Which terms of service somebody has accepted, and when: kept with the account, and told to its owner.
import { type AuditDeps, recordEvent, type Source } from '../audit/audit-log.ts';
import type { Config } from '../config/config.ts';
import { atomically } from '../database/atomically.ts';
import type { Db } from '../database/database.ts';
import { setAcceptedTerms } from './accounts.ts';

export interface AcceptedTerms {
  readonly version: string;
  readonly acceptedAt: Date;
}

type Terms = Pick<Config, 'registration'>;

/** The version that somebody has to accept who has accepted this one; undefined where there are no terms, or it is this one. */
export const termsDue = (
  { registration: { termsVersion } }: Terms,
  accepted: string | undefined,
): string | undefined => (accepted === termsVersion ? undefined : termsVersion);

/** Of an account by its id: asks only where there are terms. */
export async function termsToAccept(
  { db, config }: { readonly db: Db; readonly config: Terms },
  accountId: string,
): Promise<string | undefined> {
  if (config.registration.termsVersion === undefined) return undefined;
  return termsDue(config, (await findAcceptedTerms(db, accountId))?.version);
}

/** Somebody accepts what they were shown. False of an account that is gone, or shut out. */
export const acceptTerms = (deps: AuditDeps, { accountId, version, clientId, source }: Acceptance): Promise<boolean> =>
  atomically(deps.db, async (db) => {
    const inside = { ...deps, db };
    if (!(await setAcceptedTerms(inside, accountId, version))) return false;
    await recordEvent(inside, {
      event: 'terms.accepted',
      accountId,
      clientId,
      source,
      details: { terms_version: version },
    });
    return true;
  });

interface Acceptance {
  readonly accountId: string;
  readonly version: string;
  /** The app that the person was signing in to. */
  readonly clientId: string;
  readonly source: Source;
}

/** Undefined for who was never asked. */
export async function findAcceptedTerms(db: Db, accountId: string): Promise<AcceptedTerms | undefined> {
  const row = await db
    .selectFrom('accounts')
    .select(['terms_version', 'terms_accepted_at'])
    .where('id', '=', accountId)
    .executeTakeFirst();
  if (row === undefined || row.terms_version === null || row.terms_accepted_at === null) return undefined;
  return { version: row.terms_version, acceptedAt: row.terms_accepted_at };
}
