// How long keys have to be there after they have signed, and how long they are unless stated.
import type { ConfigFile } from '../schema.ts';
import { PUBLIC_DOCUMENT_SECONDS } from '../sections/keys.ts';

const HOUR = 3600;

type Lifetimes = Pick<ConfigFile, 'tokens' | 'resources'>;

/** Whole hours: what was signed last has expired by then, and what apps have cached too. */
export function leastRetiredHours({ tokens, resources }: Lifetimes): number {
  const ofApis = Object.values(resources).map(({ access_token_seconds }) => access_token_seconds ?? 0);
  const longest = Math.max(
    tokens.access_token_seconds,
    tokens.client_credentials_token_seconds,
    tokens.id_token_seconds,
    ...ofApis,
  );
  return Math.ceil((longest + PUBLIC_DOCUMENT_SECONDS) / HOUR);
}

/** An ID token that has expired is still shown at sign-out (id_token_hint) for as long as its session lives. */
export function usualRetiredHours(file: Lifetimes & Pick<ConfigFile, 'sessions'>): number {
  const { absolute_hours, keep_me_signed_in, keep_absolute_days } = file.sessions;
  const longest = Math.max(absolute_hours, keep_me_signed_in ? keep_absolute_days * 24 : 0);
  return Math.max(leastRetiredHours(file), longest + Math.ceil(PUBLIC_DOCUMENT_SECONDS / HOUR));
}
