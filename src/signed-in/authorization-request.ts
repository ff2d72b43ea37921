// The way to the sign-in and back: an authorization request of the built-in client, and a sealed note of where it began.
import { z } from 'zod';
import { ACCOUNT_CENTRE_ID, SIGNED_IN_PATH } from '../clients/live/built-in.ts';
import { SealBroken } from '../crypto/sealed-box.ts';
import type { RouteContext } from '../http/route.ts';
import { ENDPOINTS } from '../provider/paths.ts';
import type { Missing } from './demand.ts';
import type { SignedInDeps } from './deps.ts';
import { seeOther } from './form.ts';
import { ACCOUNT_PATH } from './paths.ts';

/** Only what we wrote down ourselves is returned to: an address in a link of somebody else's opens nowhere. */
const PLACE = 'account-centre:return';

const note = z.object({
  /** Path and query of a page of ours. */
  path: z.string(),
  /** The person had sent a form, which has not been looked at. */
  form: z.boolean(),
  asked: z.object({ maxAgeSeconds: z.number().optional(), secondFactor: z.boolean() }),
});

export type ReturnNote = z.infer<typeof note>;

/** A query that is longer is left behind. */
const LONGEST_PATH = 1000;

export function askToSignIn(deps: SignedInDeps, ctx: RouteContext, asked: Missing): void {
  const form = ctx.method === 'POST';
  const path = form ? pageOfForm(deps, ctx.path) : ctx.path + (ctx.url.length > LONGEST_PATH ? '' : ctx.search);
  seeOther(ctx, authorizationRequest(deps, { path, form, asked }));
}

/** `prompt` for signing up. */
export function authorizationRequest(
  { config, box }: Pick<SignedInDeps, 'config' | 'box'>,
  { path, form, asked }: { path: string; form: boolean; asked: Missing },
  prompt?: 'create',
): string {
  const query = new URLSearchParams({
    client_id: ACCOUNT_CENTRE_ID,
    response_type: 'none',
    redirect_uri: config.issuer + SIGNED_IN_PATH,
    scope: 'openid',
    state: box.seal(JSON.stringify({ path, form, asked }), PLACE),
    ...(asked.maxAgeSeconds === undefined ? {} : { max_age: String(asked.maxAgeSeconds) }),
    ...(asked.secondFactor ? { acr_values: 'mfa' } : {}),
    ...(prompt === undefined ? {} : { prompt }),
  });
  return `${ENDPOINTS.authorization}?${query}`;
}

/** Undefined for a state that is not ours. */
export function readReturnNote({ box }: Pick<SignedInDeps, 'box'>, state: unknown): ReturnNote | undefined {
  if (typeof state !== 'string') return undefined;
  try {
    return note.parse(JSON.parse(box.open(state, PLACE)));
  } catch (error) {
    if (error instanceof SealBroken) return undefined;
    throw error;
  }
}

/** The nearest page above the address that a form is sent to, or that very address. */
function pageOfForm({ isPage }: SignedInDeps, path: string): string {
  for (let at = path; at !== ''; at = at.slice(0, at.lastIndexOf('/'))) {
    if (isPage(at)) return at;
  }
  return ACCOUNT_PATH;
}
