// Who is at the console, and may they: decided anew at every request, from the session and the database.
import { type Administrator, permissionsHeld } from '../administration/administrator.ts';
import type { ProductPermission } from '../config/roles/product-permissions.ts';
import { sourceOf } from '../http/request-source.ts';
import { administrator, get, type Handler, post, type Route, type RouteContext } from '../http/route.ts';
import { CONSOLE_IDLE_SECONDS, mayVisitConsole } from '../sessions/console-visits.ts';
import { countVisit } from '../sessions/session-lifetime.ts';
import { askToSignIn } from '../signed-in/authorization-request.ts';
import { FRESH, type Missing, missingFor } from '../signed-in/demand.ts';
import { type SignedIn, whoIsSignedIn } from '../signed-in/signed-in.ts';
import type { AdminDeps } from './deps.ts';
import { showForbidden } from './forbidden-page.ts';

export interface AtConsole {
  readonly me: SignedIn;
  /** For the verbs of `administration`. */
  readonly by: Extract<Administrator, { kind: 'account' }>;
  /** As they are now; for what a page shows. A verb asks again. */
  readonly may: ReadonlySet<ProductPermission>;
}

/** Whoever may do anything at all here. */
export const ANY_PERMISSION = 'any';

type Needs = ProductPermission | typeof ANY_PERMISSION;

export type AdminStep = (ctx: RouteContext, admin: AtConsole) => Promise<void>;

/** A page that only reads. */
export const adminPage = (deps: AdminDeps, path: string, needs: Needs, step: AdminStep): Route =>
  get(path, administrator(needs), inConsole(deps, { needs, change: false }, step));

/** A form that changes something: takes a second factor of the last five minutes. */
export const adminChange = (deps: AdminDeps, path: string, needs: Needs, step: AdminStep): Route =>
  post(path, administrator(needs, { change: true }), inConsole(deps, { needs, change: true }, step));

const inConsole =
  (deps: AdminDeps, { needs, change }: { needs: Needs; change: boolean }, step: AdminStep): Handler =>
  async (ctx) => {
    const me = await whoIsSignedIn(deps, ctx);
    if (me === undefined) return askToSignIn(deps, ctx, { secondFactor: false });
    const by = { kind: 'account', accountId: me.account.id, source: sourceOf(ctx) } as const;
    const may = await permissionsHeld(deps, by);
    // Before any factor is asked for: who has no business here is not sent through a sign-in first.
    if (needs === ANY_PERMISSION ? may.size === 0 : !may.has(needs))
      return showForbidden(deps, ctx, { by, may, needs });
    const missing = await missingHere(deps, me, change);
    if (missing !== undefined) return askToSignIn(deps, ctx, missing);
    await countVisit({ ...deps, limits: deps.config.sessions }, { uid: me.session.uid, source: by.source });
    return step(ctx, { me, by, may });
  };

async function missingHere(deps: AdminDeps, me: SignedIn, change: boolean): Promise<Missing | undefined> {
  const isHere = me.session.acr === 'mfa' && (await mayVisitConsole(deps, me.session));
  if (!isHere) return { maxAgeSeconds: CONSOLE_IDLE_SECONDS, secondFactor: true };
  return change ? missingFor(deps, me, FRESH) : undefined;
}
