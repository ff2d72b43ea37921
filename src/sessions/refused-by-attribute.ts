// How many people a rule about attributes lets in. Reads profiles as they are stored, whatever is declared of them.
import { sql } from 'kysely';
import type { Db } from '../database/database.ts';

/**
 * How many of the accounts one rule lets in and the other does not; a rule is a list of `department finance`: of each
 * attribute in it, one of its values is needed.
 */
export async function countRefusedByAttribute(
  { db }: { db: Db },
  accountIds: readonly string[],
  { before, after }: { before: readonly string[]; after: readonly string[] },
): Promise<number> {
  if (after.length === 0) return 0;
  const { rows } = await sql<{ refused: string }>`
    select count(*) as refused from unnest(${sql.val([...accountIds])}::text[]) as account(id)
    where not (${isMet(after)}) and (${isMet(before)})`.execute(db);
  return Number(rows[0]?.refused ?? 0);
}

function isMet(pairs: readonly string[]) {
  const values = Map.groupBy(pairs.map(read), ({ name }) => name);
  const conditions = [...values].map(
    ([name, wanted]) => sql`exists (
      select from profiles p,
        jsonb_array_elements_text(case jsonb_typeof(p.attributes -> ${name}::text) when 'array' then p.attributes -> ${name}::text
          else jsonb_build_array(p.attributes -> ${name}::text) end) as held(value)
      where p.account_id = account.id and held.value = any(${sql.val(wanted.map(({ value }) => value))}::text[]))`,
  );
  return conditions.length === 0 ? sql`true` : sql.join(conditions, sql` and `);
}

/** Names of attributes have no blank in them. */
function read(pair: string): { name: string; value: string } {
  const at = pair.indexOf(' ');
  return { name: pair.slice(0, at), value: pair.slice(at + 1) };
}
