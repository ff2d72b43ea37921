// What a search finds is sorted by what stands in its indexes: ten thousand accounts are looked up in them alone. Those that they
// replace go with the next migration.
import { type Kysely, sql } from 'kysely';

/** By what lists are sorted, besides the address. */
const TIMES = 'created_at, last_sign_in_at';

const INDEXES: Readonly<Record<string, string>> = {
  accounts_email_words_index: `((email_key collate "C"), id) include (${TIMES})`,
  accounts_username_words_index: `((username_key collate "C"), id) include (email_key, ${TIMES}) where username_key is not null`,
  accounts_name_words_index: `((lower(display_name) collate "C"), id) include (display_name, email_key, ${TIMES}) where display_name is not null`,
};

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const [name, definition] of Object.entries(INDEXES)) {
    await sql`create index ${sql.id(name)} on accounts ${sql.raw(definition)}`.execute(db);
  }
}
