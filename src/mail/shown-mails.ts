// Development only: mails that were shown in place of being sent.
import type { Db } from '../database/database.ts';
import { MAIL_COLUMNS, mailOf } from './outbox.ts';

/** What can still be read; newest first. */
export async function listShownMails(db: Db, { limit }: { limit: number }) {
  const rows = await shown(db).orderBy('created_at', 'desc').orderBy('id').limit(limit).execute();
  return rows.map((row) => ({ ...mailOf(row), content: row.content }));
}

export async function findShownMail(db: Db, id: string) {
  const row = await shown(db).where('id', '=', id).executeTakeFirst();
  return row === undefined ? undefined : { ...mailOf(row), content: row.content };
}

const shown = (db: Db) =>
  db
    .selectFrom('mail_outbox')
    .select([...MAIL_COLUMNS, 'content'])
    .where('delivered_at', 'is not', null)
    .where('content', 'is not', null);
