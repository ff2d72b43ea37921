// While an alarm stands a password is not enough in a browser that the account does not know: it may be a stolen one.
import type Koa from 'koa';
import type { Account } from '../../accounts/account.ts';
import { findDevice } from '../../devices/devices.ts';
import { circumstancesOf } from '../../http/request-source.ts';
import { alarmStands } from '../../limits/alarm.ts';
import { askForCode } from '../../sign-in-codes/send-code.ts';
import type { InteractionDeps } from '../deps.ts';
import type { SignIn } from '../engine-interaction.ts';
import type { PasswordProved, SignInStage } from '../sign-in-stage.ts';

/** Asked of whoever has no second factor, before one is set up: otherwise the thief would do that. */
export async function needsExtraStep(
  deps: InteractionDeps,
  { deviceToken: token }: SignIn,
  { proved, alarm }: { proved: PasswordProved; alarm: boolean | undefined },
): Promise<boolean> {
  const { accountId, addressProved } = proved;
  if (alarm === false || addressProved === true || !canMail(deps)) return false;
  if ((await findDevice(deps, { accountId, token })) !== undefined) return false;
  return alarm ?? alarmStands(deps);
}

export async function extraStep(
  deps: InteractionDeps,
  ctx: Koa.Context,
  { signIn, account, proved }: { signIn: SignIn; account: Account; proved: PasswordProved },
): Promise<SignInStage> {
  const { clientId } = signIn.client;
  const codeId = await askForCode(deps, { account, clientId, ...circumstancesOf(ctx) });
  deps.log.info({ event: 'sign_in.extra_step', accountId: account.id, clientId });
  return { stage: 'mailed-code', ...proved, codeId };
}

/** Without a mail server nobody could take the step; development shows its mails itself. */
const canMail = ({ config: { mail, mode } }: InteractionDeps): boolean =>
  mail.smtpUrl !== undefined || mode !== 'production';
