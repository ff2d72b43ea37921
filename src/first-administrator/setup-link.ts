// Owns table setup_links: the one link that makes the first administrator.
import type { RawBuilder } from 'kysely';
import { type Actor, recordEvent } from '../audit/audit-log.ts';
import type { Clock } from '../clock.ts';
import { ADMIN_ROLE } from '../config/roles/role-names.ts';
import { hashSecretToken, newSecretToken } from '../crypto/secret-token.ts';
import { atomically } from '../database/atomically.ts';
import type { Db } from '../database/database.ts';
import { databaseNow, databaseNowPlus } from '../database/time.ts';
import { wasEverGranted } from '../roles/roles.ts';

/** Seconds. */
export const SETUP_LINK_SECONDS = 3600;

/** Seconds. Of processes that start together the later ones do not make the link void that the first has printed. */
const STARTING_TOGETHER_SECONDS = 60;

export interface SetupLink {
  /** For the person, once. */
  readonly token: string;
  readonly expiresAt: Date;
}

export type SetupLinkIssue =
  | ({ readonly outcome: 'issued' } & SetupLink)
  /** Another process has made one a moment ago. */
  | { readonly outcome: 'just_issued' }
  /** There has been an administrator. */
  | { readonly outcome: 'closed' }
  /** There are accounts, so nobody is greeted with a link; one can still be asked for. */
  | { readonly outcome: 'in_use' };

interface Deps {
  readonly db: Db;
  readonly clock: Clock;
}

/** What a starting server does: a link, if the database is empty. Of any number of processes starting at once one gets it. */
export async function issueAtStart({ db, clock }: Deps, { alone }: { alone: boolean }): Promise<SetupLinkIssue> {
  if (await hasHadAdministrator(db)) return { outcome: 'closed' };
  const anybody = await db.selectFrom('accounts').select('id').limit(1).executeTakeFirst();
  if (anybody !== undefined) return { outcome: 'in_use' };
  const madeUntil = alone ? undefined : databaseNowPlus(clock, -STARTING_TOGETHER_SECONDS);
  const link = await madeLink({ db, clock }, { madeUntil, actor: 'server' });
  if (link !== undefined) return { outcome: 'issued', ...link };
  return { outcome: (await hasHadAdministrator(db)) ? 'closed' : 'just_issued' };
}

/** What the command does: a link in place of any other, for as long as there has been no administrator. */
export async function issueSetupLink({ db, clock }: Deps): Promise<SetupLinkIssue> {
  const link = await madeLink({ db, clock }, { madeUntil: undefined, actor: 'operator' });
  return link === undefined ? { outcome: 'closed' } : { outcome: 'issued', ...link };
}

const madeLink = (
  deps: Deps,
  { madeUntil, actor }: { madeUntil: RawBuilder<Date> | undefined; actor: Actor },
): Promise<SetupLink | undefined> =>
  atomically(deps.db, async (tx) => {
    const inside = { ...deps, db: tx };
    const link = await replaceLink(inside, madeUntil);
    if (link === undefined) return undefined;
    const details = { expires_at: link.expiresAt.toISOString() };
    await recordEvent(inside, { event: 'setup_link.made', actor, details });
    return link;
  });

/** One statement, so that there is one link however many ask. Undefined when another is younger, or it is too late for any. */
async function replaceLink(
  { db, clock }: Deps,
  madeUntil: RawBuilder<Date> | undefined,
): Promise<SetupLink | undefined> {
  const token = newSecretToken();
  const link = { token_hash: hashSecretToken(token), created_at: databaseNow(clock) };
  const expires = databaseNowPlus(clock, SETUP_LINK_SECONDS);
  const made = await db
    .insertInto('setup_links')
    .columns(['id', 'token_hash', 'created_at', 'expires_at'])
    .expression((eb) =>
      eb
        .selectFrom('roles')
        .select((select) => [
          select.val('current').as('id'),
          select.val(link.token_hash).as('token_hash'),
          link.created_at.as('created_at'),
          expires.as('expires_at'),
        ])
        .where('name', '=', ADMIN_ROLE)
        .where('ever_granted', '=', false),
    )
    .onConflict((conflict) => {
      const replaced = conflict.column('id').doUpdateSet({ ...link, expires_at: expires });
      return madeUntil === undefined ? replaced : replaced.where('setup_links.created_at', '<=', madeUntil);
    })
    .returning('expires_at')
    .executeTakeFirst();
  return made && { token, expiresAt: made.expires_at };
}

/** What became of the link with this hash. */
export type SetupLinkState = 'good' | 'void' | 'closed';

/** Changes nothing: programs that look at links before people do spend none. */
export async function stateOfSetupLink({ db, clock }: Deps, tokenHash: string): Promise<SetupLinkState> {
  if (await hasHadAdministrator(db)) return 'closed';
  const row = await db
    .selectFrom('setup_links')
    .select('id')
    .where('token_hash', '=', tokenHash)
    .where('expires_at', '>', databaseNow(clock))
    .executeTakeFirst();
  return row === undefined ? 'void' : 'good';
}

/** Checks and spends it in one statement. */
export async function spendSetupLink({ db, clock }: Deps, tokenHash: string): Promise<boolean> {
  const spent = await db
    .deleteFrom('setup_links')
    .where('token_hash', '=', tokenHash)
    .where('expires_at', '>', databaseNow(clock))
    .returning('id')
    .executeTakeFirst();
  return spent !== undefined;
}

/** The process that printed a link takes it along when it stops. */
export async function withdrawSetupLink(db: Db, token: string): Promise<void> {
  await db.deleteFrom('setup_links').where('token_hash', '=', hashSecretToken(token)).execute();
}

/** Kept when every administrator, and every account, is gone. */
export const hasHadAdministrator = (db: Db): Promise<boolean> => wasEverGranted(db, ADMIN_ROLE);

/** Whoever needs one asks for another. */
export async function voidSetupLinks(db: Db): Promise<void> {
  await db.deleteFrom('setup_links').execute();
}
