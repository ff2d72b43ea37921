// Recognises what a database error means.
import { DatabaseError } from 'pg';
import { DatabaseUnavailable } from './pool.ts';

const UNIQUE_VIOLATION = '23505';
const FOREIGN_KEY_VIOLATION = '23503';

/** Whether the error is a row that breaks this unique or foreign key constraint. */
export const violates = (constraint: string, error: unknown): boolean =>
  error instanceof DatabaseError &&
  (error.code === UNIQUE_VIOLATION || error.code === FOREIGN_KEY_VIOLATION) &&
  error.constraint === constraint;

/**
 * PostgreSQL appendix A: connection exceptions, insufficient resources, operator intervention (statement timeout and
 * shutdown among them), lock not available, idle in transaction.
 */
const UNAVAILABLE = /^(08...|53...|57...|55P03|25P03)$/;

/** Whether trying again later may help: the database is away, starting, stopping or overloaded. */
export const isDatabaseUnavailable = (error: unknown): boolean =>
  error instanceof DatabaseUnavailable || (error instanceof DatabaseError && UNAVAILABLE.test(error.code ?? ''));
