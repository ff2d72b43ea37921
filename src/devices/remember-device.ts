// A completed sign-in: the browser is known from now on, and the owner is told of one that was not.
import type { Account } from '../accounts/account.ts';
import { languageFor, whereFrom } from '../accounts/telling.ts';
import { recordEvent, type Source } from '../audit/audit-log.ts';
import type { Clock } from '../clock.ts';
import type { SealedBox } from '../crypto/sealed-box.ts';
import { atomically } from '../database/atomically.ts';
import type { Db } from '../database/database.ts';
import { writeMail } from '../mail/outbox.ts';
import { productPermissionsOf } from '../roles/held.ts';
import type { Language } from '../texts/messages.ts';
import { noteDevice, setTrusted } from './devices.ts';

interface Deps {
  readonly db: Db;
  readonly clock: Clock;
  readonly box: SealedBox;
  readonly config: { readonly issuer: string };
}

export interface CompletedSignIn {
  /** As it was before this sign-in. */
  readonly account: Account;
  /** What the cookie of the browser says. */
  readonly token: string;
  readonly source: Source;
  /** Of the page; mails are in it where the account has none of its own. */
  readonly language: Language;
  /** A second factor was presented, and the person does not want to be asked again here. */
  readonly trust: boolean;
}

/** Nobody is told of the first sign-in of all: that they have just made the account, they know. */
export async function rememberDevice(deps: Deps, { account, token, source, ...rest }: CompletedSignIn): Promise<void> {
  await atomically(deps.db, async (tx) => {
    const inside = { ...deps, db: tx };
    const { userAgent } = source;
    const { deviceId, isNew } = await noteDevice(inside, { accountId: account.id, token, userAgent });
    if (isNew && account.lastSignInAt !== undefined) await tellOfNew(inside, { account, source, ...rest });
    if (rest.trust && (await mayTrustDevices(inside, account.id))) {
      await setTrusted(inside, deviceId);
      await recordEvent(inside, { event: 'device.trusted', accountId: account.id, source });
    }
  });
}

/** Never an administrator: whoever decides about others is asked every time. */
export const mayTrustDevices = async (deps: Pick<Deps, 'db' | 'clock'>, accountId: string): Promise<boolean> =>
  (await productPermissionsOf(deps, accountId)).length === 0;

async function tellOfNew(
  deps: Deps,
  { account, source, language: shown }: Pick<CompletedSignIn, 'account' | 'source' | 'language'>,
): Promise<void> {
  const language = languageFor(account, shown);
  const where = whereFrom(source, language);
  const accountLink = `${deps.config.issuer}/account/devices`;
  await writeMail(deps, {
    to: account.email,
    accountId: account.id,
    language,
    message: { mail: 'new_device', where, accountLink },
  });
  await recordEvent(deps, { event: 'device.new', accountId: account.id, source });
}
