// What only the browser that signs up presents again: it tells the link in its own mail from the link in a stranger's.
import type Koa from 'koa';
import { newSecretToken, SECRET_TOKEN_BYTES } from '../../crypto/secret-token.ts';

const COOKIE = 'gatehouse_sign_up';
/** Over https no neighbouring host can set it (RFC 6265bis section 4.1.3.2). */
const cookieName = (ctx: Koa.Context): string => (ctx.secure ? `__Host-${COOKIE}` : COOKIE);

/** Milliseconds: as long as a link is good (registrations/registration.ts). */
const COOKIE_MS = 24 * 3600 * 1000;

const PATTERN = new RegExp(`^[A-Za-z0-9_-]{${Math.ceil((SECRET_TOKEN_BYTES * 4) / 3)}}$`);

/** Undefined for a browser that has not signed up anybody. */
export function signUpSecretOf(ctx: Koa.Context): string | undefined {
  const secret = ctx.cookies.get(cookieName(ctx), { signed: false });
  return secret !== undefined && PATTERN.test(secret) ? secret : undefined;
}

/** The same for every sign-up of one browser, so that two tabs do not part. A link comes from a mail: Lax, not Strict. */
export function keepSignUpSecret(ctx: Koa.Context): string {
  const secret = signUpSecretOf(ctx) ?? newSecretToken();
  const options = { maxAge: COOKIE_MS, httpOnly: true, sameSite: 'lax', secure: ctx.secure, signed: false } as const;
  ctx.cookies.set(cookieName(ctx), secret, { ...options, overwrite: true });
  return secret;
}
