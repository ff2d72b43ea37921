// One more authenticator: scan, or type the key, then prove it with a code. The first one brings recovery codes.
import type Koa from 'koa';
import { z } from 'zod';
import { textsFor } from '../../http/page.ts';
import { circumstancesOf } from '../../http/request-source.ts';
import { addAuthenticator, MOST_AUTHENTICATORS } from '../../second-factors/add-authenticator.ts';
import { authenticatorNameFrom, LONGEST_NAME } from '../../second-factors/authenticator-name.ts';
import { startTotpEnrolment } from '../../second-factors/enrol-totp.ts';
import { listAuthenticators } from '../../second-factors/totp-secrets.ts';
import { backTo, readAccountForm } from '../../signed-in/form.ts';
import type { AccountStep, SignedIn } from '../../signed-in/signed-in.ts';
import type { MessageKey } from '../../texts/messages.ts';
import type { AccountDeps } from '../deps.ts';
import { showAccountPage } from '../page.ts';
import { NEW_AUTHENTICATOR_PATH, SECURITY_PATH } from './paths.ts';
import { openPending, sealNewPending } from './pending.ts';
import { showNewCodes } from './recovery-codes-page.ts';

const form = z.object({
  csrf: z.string().optional(),
  pending: z.string().max(1000),
  name: z.string().max(200),
  code: z.string().max(64),
});

interface Shown {
  readonly sealed: string;
  readonly name?: string;
  readonly trouble?: Trouble;
}

interface Trouble {
  readonly status: 400 | 429;
  readonly summary: MessageKey;
  readonly field?: 'name' | 'code';
  readonly retryAfterSeconds?: number;
}

export const showNewAuthenticator =
  (deps: AccountDeps): AccountStep =>
  async (ctx, me) => {
    const held = await listAuthenticators(deps.db, me.account.id);
    if (held.length >= MOST_AUTHENTICATORS) return backTo(ctx, SECURITY_PATH, 'factors.notice.too_many');
    return show(deps, ctx, me, { sealed: sealNewPending(deps, me) });
  };

export const submitNewAuthenticator =
  (deps: AccountDeps): AccountStep =>
  async (ctx, me) => {
    const { pending: sealed, name: typed, code } = await readAccountForm(deps, ctx, { me, form });
    const again = (trouble: Trouble) => show(deps, ctx, me, { sealed, name: typed, trouble });
    const pending = openPending(deps, me, sealed);
    // A new key is for a sign-in that is fresh, which this form need not come from.
    if (pending === undefined) return backTo(ctx, NEW_AUTHENTICATOR_PATH, 'factors.add.expired');
    const named = authenticatorNameFrom(typed);
    if (named === 'unusable') return again({ status: 400, summary: 'factors.name.unusable', field: 'name' });
    const { account, session } = me;
    const name = named === 'none' ? undefined : named.name;
    const addition = { account, by: circumstancesOf(ctx), pending, code, name, exceptSession: session.uid };
    const answer = await addAuthenticator(deps, addition);
    switch (answer.outcome) {
      case 'added':
        deps.log.info({ event: 'second_factor.added', accountId: account.id, method: 'totp' });
        if (answer.recoveryCodes.length > 0) return showNewCodes(deps, ctx, me, answer.recoveryCodes);
        return backTo(ctx, SECURITY_PATH, 'factors.notice.added');
      case 'already_added':
        return backTo(ctx, SECURITY_PATH, 'factors.notice.added');
      case 'superseded':
        return backTo(ctx, NEW_AUTHENTICATOR_PATH, 'factors.add.expired');
      case 'too_many_authenticators':
        return backTo(ctx, SECURITY_PATH, 'factors.notice.too_many');
      case 'name_taken':
        return again({ status: 400, summary: 'factors.name.taken', field: 'name' });
      case 'wrong_code':
        return again({ status: 400, summary: 'enrol.wrong_code', field: 'code' });
      case 'too_many_attempts': {
        const { retryAfterSeconds } = answer;
        return again({ status: 429, summary: 'second_factor.too_many_attempts', retryAfterSeconds });
      }
    }
  };

async function show(deps: AccountDeps, ctx: Koa.Context, me: SignedIn, shown: Shown): Promise<void> {
  const { account } = me;
  const { sealed, name = '', trouble } = shown;
  const secret = openPending(deps, me, sealed)?.secret;
  const { uri, qrSvg, keyInGroups } = startTotpEnrolment({ issuerName: deps.config.name, account, secret });
  if (trouble !== undefined) ctx.status = trouble.status;
  if (trouble?.retryAfterSeconds !== undefined) ctx.set('Retry-After', String(trouble.retryAfterSeconds));
  ctx.state.pageAddress = NEW_AUTHENTICATOR_PATH;
  await showAccountPage(deps, ctx, {
    view: 'authenticator-new',
    title: 'factors.add.title',
    lead: 'factors.add.lead',
    current: 'security',
    me,
    locals: {
      action: NEW_AUTHENTICATOR_PATH,
      backHref: SECURITY_PATH,
      pending: sealed,
      name,
      longestName: LONGEST_NAME,
      qrSvg,
      keyInGroups,
      otpauthUri: uri,
      problem: trouble && { summary: textsFor(ctx)(trouble.summary), field: trouble.field },
      retryAfterSeconds: trouble?.retryAfterSeconds,
    },
  });
}
