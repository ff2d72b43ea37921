// Owns the table consents: what a person has allowed an app, kept beyond sessions and grants.

import type { Clock } from '../clock.ts';
import { atomically } from '../database/atomically.ts';
import type { Db } from '../database/database.ts';
import { databaseNow } from '../database/time.ts';
import { type Allowed, nothingAllowed, union } from './allowed.ts';

interface Whose {
  readonly accountId: string;
  readonly clientId: string;
}

/** `waiting`: for whoever is just taking it back. */
export async function findConsent(
  db: Db,
  { accountId, clientId }: Whose,
  { waiting = false }: { waiting?: boolean } = {},
): Promise<Allowed> {
  const row = await db
    .selectFrom('consents')
    .select(['scopes', 'resources'])
    .where('account_id', '=', accountId)
    .where('client_id', '=', clientId)
    .$if(waiting, (query) => query.forShare())
    .executeTakeFirst();
  return consentFrom(row);
}

/** Of a row that has been read with others. */
export const consentFrom = (
  row: { scopes: readonly string[]; resources: Readonly<Record<string, readonly string[]>> } | undefined,
): Allowed =>
  row === undefined ? nothingAllowed : { scopes: row.scopes, resources: new Map(Object.entries(row.resources)) };

/** Adds to what was allowed before; two answers given at once both count. One statement where there was nothing. */
export async function rememberConsent(
  { db, clock }: { db: Db; clock: Clock },
  { accountId, clientId, allowed }: Whose & { allowed: Allowed },
): Promise<void> {
  await atomically(db, async (tx) => {
    const first = await tx
      .insertInto('consents')
      .values({
        account_id: accountId,
        client_id: clientId,
        ...columns(union(nothingAllowed, allowed)),
        updated_at: databaseNow(clock),
      })
      .onConflict((conflict) => conflict.columns(['account_id', 'client_id']).doNothing())
      .returning('client_id')
      .executeTakeFirst();
    if (first !== undefined) return;
    const row = await tx
      .selectFrom('consents')
      .select(['scopes', 'resources'])
      .where('account_id', '=', accountId)
      .where('client_id', '=', clientId)
      .forUpdate()
      .executeTakeFirstOrThrow();
    const all = union({ scopes: row.scopes, resources: new Map(Object.entries(row.resources)) }, allowed);
    await tx
      .updateTable('consents')
      .set({ ...columns(all), updated_at: databaseNow(clock) })
      .where('account_id', '=', accountId)
      .where('client_id', '=', clientId)
      .execute();
  });
}

const columns = ({ scopes, resources }: Allowed) => ({
  scopes: [...scopes],
  resources: JSON.stringify(Object.fromEntries(resources)),
});

export interface Consent {
  readonly clientId: string;
  readonly allowed: Allowed;
  readonly since: Date;
}

export async function consentsOf(db: Db, accountId: string): Promise<readonly Consent[]> {
  const rows = await db
    .selectFrom('consents')
    .select(['client_id', 'scopes', 'resources', 'created_at'])
    .where('account_id', '=', accountId)
    .execute();
  return rows.map(({ client_id: clientId, scopes, resources, created_at: since }) => ({
    clientId,
    allowed: { scopes, resources: new Map(Object.entries(resources)) },
    since,
  }));
}

/** False if there was none. */
export async function forgetConsent(db: Db, { accountId, clientId }: Whose): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('consents')
    .where('account_id', '=', accountId)
    .where('client_id', '=', clientId)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

/** For an app that is gone: another one under its name has to ask anew. */
export async function forgetConsentsTo(db: Db, clientId: string): Promise<void> {
  await db.deleteFrom('consents').where('client_id', '=', clientId).execute();
}

/** By client_id; an app that is not in it has none. */
export async function countConsents(db: Db, clientIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
  if (clientIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('consents')
    .select(({ fn }) => ['client_id', fn.countAll().as('consents')])
    .where('client_id', 'in', clientIds)
    .groupBy('client_id')
    .execute();
  return new Map(rows.map((row) => [row.client_id, Number(row.consents)]));
}
