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

/** A range, not a pattern: nothing that is typed stands for anything else. Never unknown, as who lacks a name is no hit. */
export const fitsWords = (words: Words): RawBuilder<boolean> =>
  sql<boolean>`((${sql.join(
    KEYS.map((key) => begins(key, words)),
    sql` or `,
  )} or accounts.id = ${words.id}) is true)`;

/** Each account once, with what it is sorted by, which stands in the indexes of the words too. */
export function foundByWords(words: Words, sortKey: RawBuilder<unknown>, atMost: number): RawBuilder<unknown> {
  const streams = KEYS.map(
    (key) => sql`(select accounts.id, ${sortKey} as sort_key from accounts where ${begins(key, words)}
      order by ${key}, accounts.id limit ${atMost})`,
  );
  const itself = sql`(select accounts.id, ${sortKey} from accounts where accounts.id = ${words.id})`;
  return sql`select id, sort_key from (${sql.join([...streams, itself], sql` union `)}) as found limit ${atMost}`;
}
