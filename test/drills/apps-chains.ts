// What the apps under load hold: chains of tokens, and what they know of each.
import { type Answer, askAs, type Entrance, type TokenAnswer } from './visitors.ts';
import type { Chain } from './workload.ts';

/** `unsure`: a refresh was not answered. `forced`: its person has to sign in again, as public clients may have to then. */
export type Standing = 'good' | 'unsure' | 'lost' | 'forced' | 'revoked';

export interface Held extends Chain {
  standing: Standing;
  busy: boolean;
  /** When it may be tried again. */
  since: number;
  /** Tokens of a public client that were replaced. */
  readonly used: Used[];
}

export interface Used {
  readonly token: string;
  /** When the next one came, milliseconds since 1970. */
  readonly at: number;
}

export const hold = (chain: Chain): Held => ({ ...chain, standing: 'good', busy: false, since: 0, used: [] });

export interface Refreshed {
  readonly answer: Answer | undefined;
  readonly tokens: TokenAnswer | undefined;
  /** What the app was told that is not true, or that nothing explains. */
  readonly why: string | undefined;
}

const NOT_NOW = [0, 408, 429, 500, 502, 503, 504];

/** An app refreshes its tokens and makes of the answer what an app may. */
export async function refreshes(entrance: Entrance, held: Held): Promise<Refreshed> {
  held.busy = true;
  const shown = held.refreshToken;
  const form = { grant_type: 'refresh_token', refresh_token: shown };
  const answer = await askAs(entrance, held, { at: '/token', form }).catch(() => undefined);
  held.busy = false;
  held.since = Date.now();
  const status = answer?.status ?? 0;
  if (answer !== undefined && status === 200) return { answer, tokens: takes(held, answer), why: undefined };
  if (NOT_NOW.includes(status)) {
    held.standing = 'unsure';
    return { answer, tokens: undefined, why: undefined };
  }
  const wasUnsure = held.standing === 'unsure';
  held.standing = wasUnsure && held.secret === null ? 'forced' : 'lost';
  const why =
    held.standing === 'lost'
      ? `${held.clientId} ${wasUnsure ? 'unsure' : 'good'}: ${status} ${answer?.text}`
      : undefined;
  return { answer, tokens: undefined, why };
}

function takes(held: Held, { text }: Answer): TokenAnswer {
  const tokens = JSON.parse(text) as TokenAnswer;
  if (tokens.refresh_token !== held.refreshToken) held.used.push({ token: held.refreshToken, at: Date.now() });
  held.refreshToken = tokens.refresh_token;
  held.accessToken = tokens.access_token;
  held.standing = 'good';
  return tokens;
}

/** The one that has waited longest for a second try, or any that nobody is at. */
export function nextToRefresh(all: readonly Held[]): Held | undefined {
  const now = Date.now();
  const waiting = all.filter(({ standing, busy, since }) => standing === 'unsure' && !busy && since < now - 1_000);
  if (waiting.length > 0) return waiting.reduce((first, each) => (each.since < first.since ? each : first));
  return anyOf(all, ({ standing, busy }) => standing === 'good' && !busy);
}

export function anyOf<T>(all: readonly T[], fits: (each: T) => boolean = () => true): T | undefined {
  const from = Math.floor(Math.random() * all.length);
  for (let step = 0; step < all.length; step += 1) {
    const each = all[(from + step) % all.length];
    if (each !== undefined && fits(each)) return each;
  }
  return undefined;
}
