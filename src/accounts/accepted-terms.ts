// Which terms of service somebody has accepted, and when: kept with the account, and told to its owner.
import type { Config } from '../config/config.ts';
import type { Db } from '../database/database.ts';

export interface AcceptedTerms {
  readonly version: string;
  readonly acceptedAt: Date;
}

/** The version that somebody has to accept; undefined where there are no terms, or they have accepted these. */
export async function termsToAccept(
  { db, config }: { readonly db: Db; readonly config: Pick<Config, 'registration'> },
  accountId: string,
): Promise<string | undefined> {
  const { termsVersion } = config.registration;
  if (termsVersion === undefined) return undefined;
  return (await findAcceptedTerms(db, accountId))?.version === termsVersion ? undefined : termsVersion;
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
