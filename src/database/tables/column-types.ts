// Kinds of columns that several tables have.
import type { ColumnType } from 'kysely';

export type Timestamp = ColumnType<Date, Date | string, Date | string>;
export type CreatedAt = ColumnType<Date, Date | string | undefined, never>;
/** When the row was last changed; the database says so where nobody does. */
export type UpdatedAt = ColumnType<Date, Date | string | undefined, Date | string>;
/** Written as JSON text, read back parsed. */
export type Json<T> = ColumnType<T, string, string>;
