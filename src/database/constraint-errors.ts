// Recognises a broken constraint by its name, and what the database does not take.
import { DatabaseError } from 'pg';

/** SQLSTATE 23505 (PostgreSQL, Appendix A). */
const UNIQUE_VIOLATION = '23505';

export const breaksConstraint = (error: unknown, constraint: string): boolean =>
  error instanceof Error &&
  (error as { code?: unknown }).code === UNIQUE_VIOLATION &&
  (error as { constraint?: unknown }).constraint === constraint;

/** Classes 22 and 23: data it cannot store, and constraints; and a deadlock, which whoever does less at once does not meet. */
export const isRefusedByDatabase = (error: unknown): error is DatabaseError =>
  error instanceof DatabaseError && /^(?:2[23]...|40P01)$/.test(error.code ?? '');
