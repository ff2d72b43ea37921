// What keeps a backup from being made or restored; the message says what to do.

export type BackupProblem =
  | 'backup_broken'
  | 'backup_newer'
  | 'backup_of_another_kind'
  | 'backup_of_another_schema'
  | 'database_empty'
  | 'database_in_use'
  | 'file_exists'
  | 'program_failed'
  | 'program_missing'
  | 'server_older';

export class BackupRefused extends Error {
  override readonly name = 'BackupRefused';
  readonly code: BackupProblem;
  constructor(code: BackupProblem, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
