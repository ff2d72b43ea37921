// Recognises what a database error means.
import { DatabaseError } from 'pg';

const UNIQUE_VIOLATION = '23505';
const FOREIGN_KEY_VIOLATION = '23503';

/** Whether the error is a row that breaks this unique or foreign key constraint. */
export const violates = (constraint: string, error: unknown): boolean =>
  error instanceof DatabaseError &&
  (error.code === UNIQUE_VIOLATION || error.code === FOREIGN_KEY_VIOLATION) &&
  error.constraint === constraint;
