// Sealed columns, for whoever seals them anew under another secret. Each is described by the file that owns its table.
import { sql } from 'kysely';
import type { SealedBox } from '../crypto/sealed-box.ts';
import type { Db } from './database.ts';
import type { Database } from './schema.ts';

export interface SealedRow {
  readonly id: string;
  readonly sealed: string;
  /** What the text is bound to. */
  readonly place: string;
}

export interface SealedColumn {
  /** `table.column` */
  readonly name: string;
  /** Rows whose text does not begin with `mark`, by id, behind `after`. */
  find(db: Db, wanted: { mark: string; after: string; limit: number }): Promise<readonly SealedRow[]>;
  /** False when the row is not what it was when it was read. */
  replace(db: Db, row: SealedRow, sealed: string): Promise<boolean>;
}

interface Described {
  readonly table: keyof Database & string;
  readonly column: string;
  readonly id?: string;
  /** The column whose value the place is made of; the id unless stated. */
  readonly placedBy?: string;
  readonly placeOf: (value: string) => string;
}

/** Said by the file that owns the table. Rows without a text have nothing to be sealed. */
export const sealedColumn = ({ table, column, id = 'id', placedBy = id, placeOf }: Described): SealedColumn => ({
  name: `${table}.${column}`,
  async find(db, { mark, after, limit }) {
    const { rows } = await sql<{ id: string; sealed: string; placed: string }>`
      select ${sql.ref(id)} as id, ${sql.ref(column)} as sealed, ${sql.ref(placedBy)} as placed
      from ${sql.table(table)}
      where ${sql.ref(column)} <> '' and not starts_with(${sql.ref(column)}, ${mark}) and ${sql.ref(id)} > ${after}
      order by ${sql.ref(id)} limit ${limit}`.execute(db);
    return rows.map(({ placed, ...row }) => ({ ...row, place: placeOf(placed) }));
  },
  async replace(db, row, sealed) {
    const { numAffectedRows } = await sql`
      update ${sql.table(table)} set ${sql.ref(column)} = ${sealed}
      where ${sql.ref(id)} = ${row.id} and ${sql.ref(column)} = ${row.sealed}`.execute(db);
    return numAffectedRows === 1n;
  },
});

export interface Resealed {
  readonly resealed: number;
  /** Changed while they were sealed anew: whoever changed them has sealed them. */
  readonly changed: number;
  /** By their places: no secret that is accepted opens them. */
  readonly broken: readonly string[];
}

const BATCH_ROWS = 500;

/** Goes on where it was stopped: what is sealed with the newest secret already is not looked at. */
export async function resealRows(
  { db, box }: { readonly db: Db; readonly box: SealedBox },
  column: SealedColumn,
): Promise<Resealed> {
  const done = { resealed: 0, changed: 0 };
  const broken: string[] = [];
  for (let after = ''; ; ) {
    const rows = await column.find(db, { mark: box.mark, after, limit: BATCH_ROWS });
    for (const row of rows) {
      const sealed = sealedAnew(box, row);
      if (sealed === undefined) broken.push(row.place);
      else if (await column.replace(db, row, sealed)) done.resealed += 1;
      else done.changed += 1;
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < BATCH_ROWS) return { ...done, broken };
    after = last.id;
  }
}

function sealedAnew(box: SealedBox, { sealed, place }: SealedRow): string | undefined {
  try {
    return box.seal(box.open(sealed, place), place);
  } catch {
    return undefined;
  }
}

/** At most `limit` are counted. */
export const countSealedOtherwise = async (
  { db, box }: { readonly db: Db; readonly box: SealedBox },
  column: SealedColumn,
  limit: number,
): Promise<number> => (await column.find(db, { mark: box.mark, after: '', limit })).length;
