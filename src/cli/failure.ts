// What went wrong, as one message and an exit code. Whatever is not known here is a defect.
import { DatabaseError } from 'pg';
import { ConfigurationInvalid, type Problem } from '../config/problem.ts';
import { SealBroken } from '../crypto/sealed-box.ts';
import { type BackupProblem, BackupRefused } from '../database/backups/refused.ts';
import { DatabaseInUse } from '../database/embedded.ts';
import { RestoreUnfinished } from '../database/migrator.ts';
import { isAccessRefused, isDatabaseUnavailable } from '../database/outages/unavailable.ts';
import { DatabaseNewerThanCode, DatabaseOfAnotherHistory } from '../database/schema-age.ts';
import { Refusal } from '../errors.ts';

/** For programs: stable, while messages may change. */
export type FailureCode =
  | 'usage'
  | 'invalid'
  | 'ambiguous'
  | 'not_found'
  | 'taken'
  | 'reserved'
  | 'declared'
  | 'not_declared'
  | 'last_administrator'
  | 'would_administer'
  | 'refused'
  | 'restore_unfinished'
  | 'already_set_up'
  | 'cancelled'
  | 'address_unavailable'
  | 'configuration_invalid'
  | 'database_differs'
  | 'database_in_use'
  | 'database_newer'
  | 'database_not_empty'
  | 'database_refused'
  | 'database_unavailable'
  | 'file_system'
  | 'mail_not_configured'
  | 'mail_not_taken'
  | 'migrations_pending'
  | 'workers_need_postgresql'
  | 'wrong_secret'
  | 'defect'
  | BackupProblem
  | Refusal['code'];

/** An expected end of a command. The message says what was wrong, where, and what to do. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed';
  readonly code: FailureCode;
  constructor(code: FailureCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** A failure where the log is JSON: it is told like one, whether or not `--json` was given. */
export class ForPrograms extends Error {
  override readonly name = 'ForPrograms';
  constructor(cause: unknown) {
    super(messageOf(cause), { cause });
  }
}

export interface Failure {
  readonly code: FailureCode;
  readonly message: string;
  readonly problems?: readonly Problem[];
  /** Only a defect has one: there is nothing the operator did wrong, so whoever mends it needs it. */
  readonly stack?: string | undefined;
}

export function explain(error: unknown): Failure {
  if (error instanceof ForPrograms) return explain(error.cause);
  if (error instanceof CommandFailed || error instanceof Refusal) return { code: error.code, message: error.message };
  if (error instanceof ConfigurationInvalid) {
    return { code: 'configuration_invalid', message: error.message, problems: error.problems };
  }
  if (error instanceof SealBroken) return { code: 'wrong_secret', message: `${error.message}. ${ANOTHER_SECRET}` };
  if (error instanceof BackupRefused) return { code: error.code, message: error.message };
  if (error instanceof RestoreUnfinished) return { code: 'restore_unfinished', message: error.message };
  if (error instanceof DatabaseInUse) return { code: 'database_in_use', message: error.message };
  if (error instanceof DatabaseNewerThanCode) return { code: 'database_newer', message: error.message };
  if (error instanceof DatabaseOfAnotherHistory) return { code: 'database_differs', message: error.message };
  if (isAccessRefused(error) || isPrivilegeMissing(error)) {
    return { code: 'database_refused', message: `The database refuses: ${error.message}. Check DATABASE_URL.` };
  }
  if (isDatabaseUnavailable(error)) return { code: 'database_unavailable', message: messageOf(error) };
  if (isFileSystemError(error)) return { code: 'file_system', message: `The file system refuses: ${error.message}` };
  const stack = error instanceof Error ? error.stack : undefined;
  return { code: 'defect', message: `Something is broken in Gatehouse: ${messageOf(error)}`, stack };
}

const ANOTHER_SECRET =
  'Give GATEHOUSE_SECRET or GATEHOUSE_SECRET_FILE its former value, or that value as GATEHOUSE_SECRET_PREVIOUS.';

/** 2 tells a mistake in the command line from everything else. */
export const exitCodeOf = ({ code }: Failure): 1 | 2 => (code === 'usage' ? 2 : 1);

/** PostgreSQL appendix A: insufficient privilege. */
const isPrivilegeMissing = (error: unknown): error is DatabaseError =>
  error instanceof DatabaseError && error.code === '42501';

const isFileSystemError = (error: unknown): error is Error =>
  error instanceof Error && 'syscall' in error && 'path' in error && typeof error.path === 'string';

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
