// How far this browser has come: a sealed cookie, so that nothing is stored for somebody who never finishes.
import type Koa from 'koa';
import { z } from 'zod';
import { epochSeconds } from '../clock.ts';
import { SealBroken } from '../crypto/sealed-box.ts';
import { newSecretToken } from '../crypto/secret-token.ts';
import { SETUP_LINK_SECONDS } from '../first-administrator/setup-link.ts';
import { SETUP_PATH } from './address.ts';
import type { FirstRunDeps } from './deps.ts';

const preparedAccount = z.object({
  email: z.object({ address: z.string(), key: z.string() }),
  displayName: z.string().optional(),
  /** argon2id; the password itself is in no cookie and on no page. */
  passwordHash: z.string(),
});

const stages = z.discriminatedUnion('stage', [
  z.object({ stage: z.literal('account'), email: z.string().optional(), displayName: z.string().optional() }),
  z.object({ stage: z.literal('authenticator'), account: preparedAccount, secret: z.string() }),
  z.object({ stage: z.literal('recovery-codes'), email: z.string(), codes: z.array(z.string()) }),
  z.object({ stage: z.literal('done'), email: z.string() }),
]);

const progress = z.object({
  /** What only this browser presents again: the binding of its forms. */
  id: z.string(),
  tokenHash: z.string(),
  /** Seconds since the epoch. Whether the link is good is asked of the database each time. */
  until: z.number(),
  at: stages,
});

export type Stage = z.infer<typeof stages>;
export type PreparedAccount = z.infer<typeof preparedAccount>;
export type Progress = z.infer<typeof progress>;

/** Part of what is sealed: a text from another place opens nothing here. */
const PLACE = 'first_run.progress';

type CookieDeps = Pick<FirstRunDeps, 'config' | 'box' | 'clock'>;

/** __Host- would need Path=/; this cookie belongs to these pages alone (RFC 6265bis section 4.1.3). */
const cookieName = ({ issuer }: FirstRunDeps['config']): string =>
  `${issuer.startsWith('https:') ? '__Secure-' : ''}gatehouse_setup`;

const attributes = ({ issuer }: FirstRunDeps['config']) =>
  ({
    httpOnly: true,
    sameSite: 'lax',
    secure: issuer.startsWith('https:'),
    path: SETUP_PATH,
    signed: false,
    overwrite: true,
  }) as const;

export function beginProgress(deps: CookieDeps, ctx: Koa.Context, tokenHash: string): void {
  const until = epochSeconds(deps.clock.now()) + SETUP_LINK_SECONDS;
  writeProgress(deps, ctx, { id: newSecretToken(), tokenHash, until, at: { stage: 'account' } });
}

export const moveTo = (deps: CookieDeps, ctx: Koa.Context, from: Progress, at: Stage): void =>
  writeProgress(deps, ctx, { ...from, at });

/** Undefined for whoever has none, or one that is not of our making, or too old. */
export function progressOf({ config, box, clock }: CookieDeps, ctx: Koa.Context): Progress | undefined {
  const sealed = ctx.cookies.get(cookieName(config), { signed: false });
  if (sealed === undefined) return undefined;
  try {
    const read = progress.safeParse(JSON.parse(box.open(sealed, PLACE)));
    return read.success && read.data.until > epochSeconds(clock.now()) ? read.data : undefined;
  } catch (error) {
    if (error instanceof SealBroken) return undefined;
    throw error;
  }
}

function writeProgress({ config, box }: CookieDeps, ctx: Koa.Context, written: Progress): void {
  const maxAge = SETUP_LINK_SECONDS * 1000;
  ctx.cookies.set(cookieName(config), box.seal(JSON.stringify(written), PLACE), { ...attributes(config), maxAge });
}
