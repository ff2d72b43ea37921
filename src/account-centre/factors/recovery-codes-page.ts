// Recovery codes: how many are left, and new ones, which are shown once.
import type Koa from 'koa';
import { z } from 'zod';
import { epochSeconds } from '../../clock.ts';
import { SealBroken } from '../../crypto/sealed-box.ts';
import { textsFor } from '../../http/page.ts';
import { circumstancesOf } from '../../http/request-source.ts';
import { findRecoveryCodeSet } from '../../second-factors/recovery-codes.ts';
import { renewRecoveryCodes } from '../../second-factors/renew-recovery-codes.ts';
import { hasSecondFactor } from '../../second-factors/second-factor.ts';
import { backTo, readAccountForm } from '../../signed-in/form.ts';
import type { AccountStep, SignedIn } from '../../signed-in/signed-in.ts';
import type { AccountDeps } from '../deps.ts';
import { showAccountPage } from '../page.ts';
import { DOWNLOAD_PATH, NEW_AUTHENTICATOR_PATH, RECOVERY_CODES_PATH, SECURITY_PATH } from './paths.ts';

const buttonForm = z.object({ csrf: z.string().optional() });
const downloadForm = z.object({ csrf: z.string().optional(), sealed: z.string().max(4000) });

export const showCodeCount =
  (deps: AccountDeps): AccountStep =>
  async (ctx, me) => {
    const set = await findRecoveryCodeSet(deps.db, me.account.id);
    await showAccountPage(deps, ctx, {
      view: 'recovery-codes',
      title: 'factors.codes.title',
      lead: 'factors.codes.lead',
      current: 'security',
      me,
      locals: {
        hasAuthenticator: await hasSecondFactor(deps.db, me.account.id),
        left: set?.left ?? 0,
        madeAt: set?.madeAt,
        action: RECOVERY_CODES_PATH,
        addHref: NEW_AUTHENTICATOR_PATH,
        backHref: SECURITY_PATH,
      },
    });
  };

export const submitNewCodes =
  (deps: AccountDeps): AccountStep =>
  async (ctx, me) => {
    await readAccountForm(deps, ctx, { me, form: buttonForm });
    const renewal = await renewRecoveryCodes(deps, { account: me.account, by: circumstancesOf(ctx) });
    switch (renewal.outcome) {
      case 'renewed':
        deps.log.info({ event: 'recovery_codes.renewed', accountId: me.account.id });
        return showNewCodes(deps, ctx, me, renewal.recoveryCodes);
      case 'no_authenticator':
        return backTo(ctx, RECOVERY_CODES_PATH);
    }
  };

/** The answer to the form that made them: nothing of them is kept, and no address shows them again. */
export async function showNewCodes(
  deps: AccountDeps,
  ctx: Koa.Context,
  me: SignedIn,
  codes: readonly string[],
): Promise<void> {
  await showAccountPage(deps, ctx, {
    view: 'recovery-codes-new',
    title: 'recovery.title',
    current: 'security',
    me,
    locals: { codes, sealed: seal(deps, me, codes), downloadAction: DOWNLOAD_PATH, storedHref: SECURITY_PATH },
  });
}

/** As a file, out of what the page carries sealed. */
export const submitDownload =
  (deps: AccountDeps): AccountStep =>
  async (ctx, me) => {
    const { sealed } = await readAccountForm(deps, ctx, { me, form: downloadForm });
    const codes = open(deps, me, sealed);
    if (codes === undefined) return backTo(ctx, RECOVERY_CODES_PATH, 'factors.notice.codes_gone');
    ctx.attachment('recovery-codes.txt');
    ctx.type = 'text/plain';
    const title = textsFor(ctx)('recovery.file', { product: deps.config.name });
    ctx.body = `${title}\n\n${codes.join('\n')}\n`;
  };

/** Seconds, for the button of a page that was left open. */
const DOWNLOAD_SECONDS = 1800;

const content = z.object({ codes: z.array(z.string()), until: z.number() });

const placeOf = ({ account, session }: SignedIn): string =>
  `account-centre.recovery_codes:${account.id}:${session.uid}`;

const seal = ({ box, clock }: AccountDeps, me: SignedIn, codes: readonly string[]): string =>
  box.seal(JSON.stringify({ codes, until: epochSeconds(clock.now()) + DOWNLOAD_SECONDS }), placeOf(me));

function open({ box, clock }: AccountDeps, me: SignedIn, sealed: string): readonly string[] | undefined {
  try {
    const { codes, until } = content.parse(JSON.parse(box.open(sealed, placeOf(me))));
    return until > epochSeconds(clock.now()) ? codes : undefined;
  } catch (error) {
    if (error instanceof SealBroken) return undefined;
    throw error;
  }
}
