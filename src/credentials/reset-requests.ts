// Owns the table reset_requests: who has asked for a new password and has not been answered yet.
import { z } from 'zod';
import { newId } from '../crypto/identifiers.ts';
import type { Db } from '../database/database.ts';
import { sealedColumn } from '../database/sealed-rows.ts';
import { databaseNow, databaseNowPlus } from '../database/time.ts';
import type { MailDeps } from '../mail/outbox.ts';

const resetRequest = z.object({
  /** In its canonical form. */
  identifier: z.string(),
  /** Of the page. */
  language: z.string(),
  source: z.object({ address: z.string(), userAgent: z.string(), requestId: z.string() }),
  /** The app that the person was signing in to. */
  clientId: z.string().optional(),
  /** What the cookie of the browser says, by which an account knows it. */
  deviceToken: z.string().optional(),
});

export type ResetRequest = z.infer<typeof resetRequest>;

/** Seconds after which nobody waits for the mail any more. */
const ANSWERED_WITHIN_SECONDS = 1200;

const placeOf = (id: string): string => `reset_requests.content:${id}`;

export async function insertResetRequest({ db, clock, box }: MailDeps, request: ResetRequest): Promise<void> {
  const id = newId();
  const content = box.seal(JSON.stringify(request), placeOf(id));
  await db
    .insertInto('reset_requests')
    .values({ id, content, created_at: databaseNow(clock) })
    .execute();
}

/**
 * Takes the oldest request: with a transaction as `db`, nobody else gets it, and it is there again where that is rolled back.
 * `request` is undefined for one that is too old, or was sealed under another master secret.
 */
export async function takeResetRequest({
  db,
  clock,
  box,
}: MailDeps): Promise<{ id: string; request: ResetRequest | undefined } | undefined> {
  const row = await db
    .deleteFrom('reset_requests')
    .where('id', '=', (eb) =>
      eb.selectFrom('reset_requests').select('id').orderBy('created_at').limit(1).forUpdate().skipLocked(),
    )
    .returning((eb) => [
      'id',
      'content',
      eb('created_at', '>', databaseNowPlus(clock, -ANSWERED_WITHIN_SECONDS)).as('recent'),
    ])
    .executeTakeFirst();
  if (row === undefined) return undefined;
  return { id: row.id, request: row.recent ? opened(box, row) : undefined };
}

export async function dropResetRequest(db: Db, id: string): Promise<void> {
  await db.deleteFrom('reset_requests').where('id', '=', id).execute();
}

function opened(box: MailDeps['box'], { id, content }: { id: string; content: string }): ResetRequest | undefined {
  try {
    return resetRequest.parse(JSON.parse(box.open(content, placeOf(id))));
  } catch {
    return undefined;
  }
}

export const sealedResetRequests = sealedColumn({ table: 'reset_requests', column: 'content', placeOf });

/** Of everybody, unanswered. */
export async function voidResetRequests(db: Db): Promise<void> {
  await db.deleteFrom('reset_requests').execute();
}
