// What it means that the database is away, and which errors mean it.
import { DatabaseError } from 'pg';

/** The database did not answer, or went away while it answered. Whether a statement in flight took effect is not known. */
export class DatabaseUnavailable extends Error {
  override readonly name = 'DatabaseUnavailable';
}

/**
 * PostgreSQL appendix A: connection exceptions, insufficient resources (a full disk and too many connections among
 * them), operator intervention (statement timeout, shutdown, starting up), input and output errors, lock not available,
 * idle in transaction, and a server that only reads, as a standby does until it is promoted.
 */
const PASSING = /^(?:08...|53...|57...|58030|55P03|25P03|25006)$/;

/** Who asks for a connection is turned away: a password that was changed, a database that is being restored. */
const REFUSED_ACCESS = /^(?:28...|3D000)$/;

/** Whether trying again later may help: the database is away, starting, stopping, overloaded or does not let us in. */
export const isDatabaseUnavailable = (error: unknown): boolean =>
  error instanceof DatabaseUnavailable ||
  takesNobodyNew(error) ||
  (error instanceof DatabaseError && (PASSING.test(error.code ?? '') || isAccessRefused(error)));

/**
 * It answers, and takes nobody new: too many are connected (53300), it has no memory, or its disk is so full that it cannot write
 * the file from which new connections start (XX000, "could not write init file"). Who is connected can go on.
 */
export const takesNobodyNew = (error: unknown): boolean =>
  error instanceof DatabaseError && error.severity === 'FATAL' && /^(?:53...|58...|XX000)$/.test(error.code ?? '');

export const isAccessRefused = (error: unknown): error is DatabaseError =>
  error instanceof DatabaseError && REFUSED_ACCESS.test(error.code ?? '');

/** A connection whose server has said this says nothing more (PostgreSQL manual, section 55.2.2.10 and 20.8). */
export const endsConnection = (error: unknown): boolean =>
  error instanceof DatabaseError && (error.severity === 'FATAL' || error.severity === 'PANIC');
