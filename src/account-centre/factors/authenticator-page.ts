// One authenticator: calling it by another name, and taking it away.
import type Koa from 'koa';
import { z } from 'zod';
import { ACCOUNT_CENTRE_ID } from '../../clients/live/built-in.ts';
import { textsFor } from '../../http/page.ts';
import { nothingThere } from '../../http/refusals.ts';
import { circumstancesOf } from '../../http/request-source.ts';
import type { RouteContext } from '../../http/route.ts';
import { type Demand, secondFactorDemand } from '../../provider/step-up/required-acr.ts';
import { heldRoles } from '../../roles/held.ts';
import { authenticatorNameFrom, LONGEST_NAME } from '../../second-factors/authenticator-name.ts';
import { removeAuthenticator } from '../../second-factors/remove-authenticator.ts';
import { renameAuthenticator } from '../../second-factors/rename-authenticator.ts';
import { type Authenticator, listAuthenticators } from '../../second-factors/totp-secrets.ts';
import { listSessions } from '../../sessions/list-sessions.ts';
import { backTo, readAccountForm } from '../../signed-in/form.ts';
import type { AccountStep, SignedIn } from '../../signed-in/signed-in.ts';
import type { MessageKey } from '../../texts/messages.ts';
import type { AccountDeps } from '../deps.ts';
import { showAccountPage } from '../page.ts';
import { NEW_AUTHENTICATOR_PATH, removePath, renamePath, SECURITY_PATH } from './paths.ts';

const nameForm = z.object({ csrf: z.string().optional(), name: z.string().max(200) });
const buttonForm = z.object({ csrf: z.string().optional() });

export const showRename =
  (deps: AccountDeps): AccountStep =>
  async (ctx, me) =>
    showNameForm(deps, ctx, me, await found(deps, ctx, me));

export const submitRename =
  (deps: AccountDeps): AccountStep =>
  async (ctx, me) => {
    const { name: typed } = await readAccountForm(deps, ctx, { me, form: nameForm });
    const { authenticator } = await found(deps, ctx, me);
    const again = (summary: MessageKey) => showNameForm(deps, ctx, me, { authenticator, typed, summary });
    const named = authenticatorNameFrom(typed);
    if (typeof named === 'string') return again(named === 'none' ? 'factors.name.missing' : 'factors.name.unusable');
    const wanted = { account: me.account, by: circumstancesOf(ctx), id: authenticator.id, name: named.name };
    const { outcome } = await renameAuthenticator(deps, wanted);
    switch (outcome) {
      case 'renamed':
        return backTo(ctx, SECURITY_PATH, 'factors.notice.renamed');
      case 'name_taken':
        return again('factors.name.taken');
      case 'unknown':
        throw nothingThere();
    }
  };

export const showRemoval =
  (deps: AccountDeps): AccountStep =>
  async (ctx, me) => {
    const { authenticator, held } = await found(deps, ctx, me);
    const isLast = held.length === 1;
    const demand = isLast ? await demandOn(deps, me) : undefined;
    const sessions = await listSessions({ ...deps, limits: deps.config.sessions }, me.account.id);
    await showAccountPage(deps, ctx, {
      view: 'authenticator-remove',
      title: 'factors.remove.title',
      current: 'security',
      me,
      locals: {
        name: authenticator.name,
        isLast,
        otherSessions: sessions.filter(({ uid }) => uid !== me.session.uid).length,
        neededBy: demand && textsFor(ctx)(NEEDED_BY[demand], { product: deps.config.name }),
        action: removePath(authenticator.id),
        addHref: NEW_AUTHENTICATOR_PATH,
        backHref: SECURITY_PATH,
      },
    });
  };

export const submitRemoval =
  (deps: AccountDeps): AccountStep =>
  async (ctx, me) => {
    await readAccountForm(deps, ctx, { me, form: buttonForm });
    const { authenticator } = await found(deps, ctx, me);
    const { account, session } = me;
    const demanded = (await demandOn(deps, me)) !== undefined;
    const removal = { account, by: circumstancesOf(ctx), id: authenticator.id, demanded, exceptSession: session.uid };
    const { outcome } = await removeAuthenticator(deps, removal);
    switch (outcome) {
      case 'removed':
        deps.log.info({ event: 'second_factor.removed', accountId: account.id, method: 'totp' });
        return backTo(ctx, SECURITY_PATH, 'factors.notice.removed');
      case 'needed':
        // The page says by what.
        return backTo(ctx, removePath(authenticator.id));
      case 'unknown':
        throw nothingThere();
    }
  };

/** Of this account; the identifier in the address is compared here and never reaches the database. */
async function found(
  { db }: AccountDeps,
  ctx: RouteContext,
  { account }: SignedIn,
): Promise<{ authenticator: Authenticator; held: readonly Authenticator[] }> {
  const held = await listAuthenticators(db, account.id);
  const authenticator = held.find(({ id }) => id === ctx.params['id']);
  if (authenticator === undefined) throw nothingThere();
  return { authenticator, held };
}

/** Whether this account must have a second factor, whichever app it uses. */
async function demandOn(
  { config, clients, db, clock }: AccountDeps,
  { account }: SignedIn,
): Promise<Demand | undefined> {
  const client = clients().get(ACCOUNT_CENTRE_ID);
  return secondFactorDemand({ config, client }, await heldRoles({ db, clock }, account.id));
}

const NEEDED_BY: Readonly<Record<Demand, MessageKey>> = {
  configuration: 'factors.remove.needed_by_server',
  client: 'factors.remove.needed_by_server',
  role: 'factors.remove.needed_by_role',
};

async function showNameForm(
  deps: AccountDeps,
  ctx: Koa.Context,
  me: SignedIn,
  { authenticator, typed, summary }: { authenticator: Authenticator; typed?: string; summary?: MessageKey },
): Promise<void> {
  const action = renamePath(authenticator.id);
  if (summary !== undefined) ctx.status = 400;
  ctx.state.pageAddress = action;
  await showAccountPage(deps, ctx, {
    view: 'authenticator-rename',
    title: 'factors.rename.title',
    current: 'security',
    me,
    locals: {
      action,
      name: typed ?? authenticator.name,
      longestName: LONGEST_NAME,
      backHref: SECURITY_PATH,
      problem: summary && { summary: textsFor(ctx)(summary), field: 'name' },
    },
  });
}
