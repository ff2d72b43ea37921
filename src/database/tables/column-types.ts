// Kinds of columns that several tables have.
import type { ColumnType } from 'kysely';

export type Timestamp = ColumnType<Date, Date | string, Date | string>;
export type CreatedAt = ColumnType<Date, Date | string | undefined, never>;
/** Written as JSON text, read back parsed. */
export type Json<T> = ColumnType<T, string, string>;
