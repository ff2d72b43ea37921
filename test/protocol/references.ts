// The references that errors carry, and what is kept under them.
import type { TestServer } from '../support/start-server.ts';

export const REFERENCE = /\b[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}\b/;

const AT_END = /(?:^reference |\(reference )([0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5})\)?$/;

export function referenceAtEnd(description: unknown): string {
  const reference = AT_END.exec(String(description))?.[1];
  if (reference === undefined) throw new Error(`no reference at the end of: ${String(description)}`);
  return reference;
}

/** A description as the engine wrote it. */
export const withoutReference = (description: unknown): string =>
  String(description).replace(/ ?\(?reference [0-9A-Z]{5}-[0-9A-Z]{5}\)?$/, '');

/** What is kept at this moment, once everything under way has been written. */
export async function referencesKept({ recorder, database }: TestServer) {
  await recorder.idle();
  return database.db.selectFrom('error_references').selectAll().execute();
}
