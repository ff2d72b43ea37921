// Why the engine cannot answer an authorization request yet, in the order in which the person is asked.
import { type Configuration, interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';
import { termsDue } from '../accounts/accepted-terms.ts';
import type { ClientRegistry } from '../clients/client.ts';
import { isBuiltIn } from '../clients/live/built-in.ts';
import type { Config } from '../config/config.ts';
import type { StoreDeps } from '../protocol-store/payloads.ts';
import { alwaysAsks, expectsSomebodyElse, requestedAccess } from './access.ts';
import { isCovered, requestParams } from './consented-grant.ts';
import { signedInAccount } from './find-account.ts';
import { mayUse } from './rights/access-rules.ts';
import { isMet, requestedAcr, secondFactorDemand } from './step-up/required-acr.ts';

type Policy = NonNullable<NonNullable<Configuration['interactions']>['policy']>;

const { Check, Prompt, base } = interactionPolicy;

/**
 * What apps may send as `prompt` (OpenID Connect Core section 3.1.2.1; `create`: Initiating User Registration 1.0, only where
 * anybody can sign up); `access` and `terms` below are not among them.
 */
export const promptValues = ({ registration }: Config): string[] => [
  'none',
  'login',
  'consent',
  'select_account',
  ...(registration.policy === 'open' ? ['create'] : []),
];

interface Deps extends StoreDeps {
  readonly config: Config;
  readonly clients: () => ClientRegistry;
}

export function policy(deps: Deps): Policy {
  const prompts = base();
  const login = prompts.get('login');
  const consent = prompts.get('consent');
  if (login === undefined || consent === undefined) throw new Error('the engine has lost its login or consent prompt');
  // First, so that a person who is asked to choose does so before anything is asked of the account chosen.
  prompts.add(new Prompt({ name: 'select_account', requestable: true }), 0);
  // Before it: who wants a new account chooses none. Taken by a server that has none to give too, which says so on its page.
  prompts.add(new Prompt({ name: 'create', requestable: true }), 0);
  for (const replaced of ENGINE_CHECKS) login.checks.remove(replaced);
  for (const check of loginChecks(deps)) login.checks.add(check);
  prompts.add(new Prompt({ name: 'access' }, accessCheck(deps)), prompts.indexOf(consent));
  prompts.add(new Prompt({ name: 'terms' }, termsCheck(deps)), prompts.indexOf(consent));
  consent.checks.remove('native_client_prompt');
  consent.checks.add(nativeAppCheck(deps));
  consent.checks.add(unaskedCheck(deps));
  return prompts;
}

/** Those that ours stand for: they do not look again once somebody has signed in, or would ask for ever. */
const ENGINE_CHECKS = ['id_token_hint', 'claims_id_token_sub_value', 'essential_acr', 'essential_acrs'];

const loginChecks = ({ config, clients }: Deps) => [
  // Without this the engine fails with a 500 when the session's account has been banned or deleted.
  new Check(
    'account_missing',
    'End-User authentication is required',
    'login_required',
    (ctx) => ctx.oidc.session?.accountId !== undefined && ctx.oidc.account === undefined,
  ),
  new Check(
    'somebody_else',
    'the requested and the authenticated subject do not match',
    'login_required',
    (ctx) => isSignedIn(ctx) && expectsSomebodyElse(requestParams(ctx), String(ctx.oidc.session?.accountId)),
  ),
  new Check('second_factor_missing', 'a second factor is required', 'login_required', (ctx) => {
    const account = signedInAccount(ctx);
    const client = ctx.oidc.client === undefined ? undefined : clients().get(ctx.oidc.client.clientId);
    if (account === undefined || ctx.oidc.session?.acr === 'mfa') return false;
    return secondFactorDemand({ config, client }, account.held) !== undefined;
  }),
  new Check(
    'acr',
    'none of the requested authentication contexts is met',
    'unmet_authentication_requirements',
    (ctx) => isSignedIn(ctx) && !isMet(requestedAcr(requestParams(ctx)), ctx.oidc.session?.acr),
  ),
];

/** The person is known, but may not use this app: a page says so, and the app hears access_denied. */
const accessCheck = (deps: Deps) =>
  new Check('access_refused', 'the End-User may not use this client', 'access_denied', async (ctx) => {
    const client = ctx.oidc.client === undefined ? undefined : deps.clients().get(ctx.oidc.client.clientId);
    const account = signedInAccount(ctx);
    return client !== undefined && account !== undefined && !(await mayUse(deps, client, account));
  });

/**
 * Whoever came in without them (by a reset, from another system, before there were any) accepts the terms before an app gets
 * anything. Not before the account centre: it is where data is taken along, and the account deleted, by who does not accept.
 */
const termsCheck = ({ config }: Deps) =>
  new Check(
    'terms_not_accepted',
    'the End-User has not accepted the terms of service',
    'interaction_required',
    (ctx) => {
      const { client } = ctx.oidc;
      const account = signedInAccount(ctx);
      if (client === undefined || account === undefined || isBuiltIn(client.clientId)) return false;
      return termsDue(config, account.acceptedTerms) !== undefined;
    },
  );

const nativeAppCheck = ({ clients }: Deps) =>
  new Check('native_app', 'native clients require End-User interaction', 'interaction_required', (ctx) => {
    const client = ctx.oidc.client === undefined ? undefined : clients().get(ctx.oidc.client.clientId);
    const { prompt: _prompt, ...params } = requestParams(ctx);
    return client !== undefined && alwaysAsks(client, params) && ctx.oidc.result?.consent === undefined;
  });

/** The engine looks at scopes only; an API that is named without one takes the token all the same. */
const unaskedCheck = (deps: Deps) =>
  new Check('consent_missing', 'the End-User has not allowed all of it', 'consent_required', async (ctx) => {
    const client = ctx.oidc.client === undefined ? undefined : deps.clients().get(ctx.oidc.client.clientId);
    const account = signedInAccount(ctx);
    if (client === undefined || account === undefined || ctx.oidc.result?.consent !== undefined) return false;
    const allowed = requestedAccess(client, requestParams(ctx));
    return !(await isCovered(deps, { client, accountId: account.accountId, allowed }));
  });

const isSignedIn = (ctx: KoaContextWithOIDC) => ctx.oidc.session?.accountId !== undefined;
