// What somebody types to find an account: the beginning of an address, a username or a name, or a whole id.
import { type RawBuilder, sql } from 'kysely';
import { canonicalEmail } from '../../accounts/identifiers.ts';

export interface Words {
  readonly id: string;
  /** Compared with what is compared elsewhere too: the canonical keys of addresses and usernames, the name in small letters. */
  readonly beginning: RawBuilder<string>;
  readonly end: RawBuilder<string>;
}

/** An id of another system is the longest (isAccountId). */
const LONGEST = 255;
const LAST_CHARACTER = '\u{10ffff}';

/** Undefined for what no account can have. A whole address is looked for in any spelling. */
export function wordsOf(typed: string): Words | undefined {
  const text = typed.trim();
  if (text.length > LONGEST || !isText(text)) return undefined;
  const key = canonicalEmail(text)?.key ?? text;
  const beginning = sql<string>`(lower(${key}::text) collate "C")`;
  return { id: text, beginning, end: sql<string>`((lower(${key}::text) || ${LAST_CHARACTER}) collate "C")` };
}

/** PostgreSQL has no text with a NUL in it, nor with half a character. */
export const isText = (typed: string): boolean => !typed.includes('\0') && typed.isWellFormed();

/** Each has an index in this very form. */
const KEYS = [
  sql`(accounts.email_key collate "C")`,
  sql`(accounts.username_key collate "C")`,
  sql`(lower(accounts.display_name) collate "C")`,
];

const begins = (key: RawBuilder<unknown>, { beginning, end }: Words): RawBuilder<boolean> =>
  sql<boolean>`(${key} >= ${beginning} and ${key} < ${end})`;

/** A range, not a pattern: nothing that is typed stands for anything else. */
export const fitsWords = (words: Words): RawBuilder<boolean> =>
  sql<boolean>`(${sql.join(
    KEYS.map((key) => begins(key, words)),
    sql` or `,
  )} or accounts.id = ${words.id})`;

/** The first of an account's words that begin so: an account that several of its words find stands on the list once. */
export const firstMatch = (words: Words): RawBuilder<string> => sql<string>`least(
  ${sql.join(KEYS.map((key) => sql`case when ${begins(key, words)} then ${key} end`))},
  case when accounts.id = ${words.id} then ${words.beginning} end)`;

export const idsBeginning = (words: Words, atMost: number): RawBuilder<{ id: string }> => sql<{ id: string }>`
  select id from (${streams(words, { columns: sql`accounts.id`, after: undefined, atMost })}) as found
  group by id limit ${atMost}`;

interface Stretch {
  readonly columns: RawBuilder<unknown>;
  readonly after: { readonly key: RawBuilder<unknown>; readonly id: string } | undefined;
  readonly atMost: number;
}

/** By word and id, from a place on. An account stands here once for each of its words that fits. */
export const inOrderOfMatch = (words: Words, stretch: Stretch): RawBuilder<unknown> =>
  sql`select * from (${streams(words, stretch)}) as found order by key, id limit ${stretch.atMost}`;

/** One for each index: what begins so, in its order. */
function streams(words: Words, { columns, after, atMost }: Stretch): RawBuilder<unknown> {
  const each = KEYS.map((key) => {
    const beyond = after === undefined ? sql`true` : sql`(${key}, accounts.id) > (${after.key}, ${after.id})`;
    return sql`(select ${columns}, ${key} as key from accounts where ${begins(key, words)} and ${beyond}
      order by ${key}, accounts.id limit ${atMost})`;
  });
  // Its key sorts before all that are longer: only ever on the first page.
  const itself = after === undefined ? sql`accounts.id = ${words.id}` : sql`false`;
  const exact = sql`(select ${columns}, ${words.beginning} as key from accounts where ${itself})`;
  return sql.join([...each, exact], sql` union all `);
}
