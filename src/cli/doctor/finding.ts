// What a check has found, and what to do about it.

export interface Finding {
  /** The subject, in one or two words. */
  readonly check: string;
  /** A note is worth knowing; a problem has to be mended. */
  readonly state: 'ok' | 'note' | 'problem';
  readonly message: string;
  /** One or two sentences. Every problem has one. */
  readonly fix?: string;
}

export const ok = (check: string, message: string): Finding => ({ check, state: 'ok', message });
export const note = (check: string, message: string, fix: string): Finding => ({ check, state: 'note', message, fix });
export const problem = (check: string, message: string, fix: string): Finding => ({
  check,
  state: 'problem',
  message,
  fix,
});
