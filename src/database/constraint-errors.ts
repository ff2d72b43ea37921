// Recognises a broken constraint by its name.

/** SQLSTATE 23505 (PostgreSQL, Appendix A). */
const UNIQUE_VIOLATION = '23505';

export const breaksConstraint = (error: unknown, constraint: string): boolean =>
  error instanceof Error &&
  (error as { code?: unknown }).code === UNIQUE_VIOLATION &&
  (error as { constraint?: unknown }).constraint === constraint;
