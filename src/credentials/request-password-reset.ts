// Somebody has forgotten a password. What they are told, and the work until then, is the same whoever they name.

import { type Account, isUsable } from '../accounts/account.ts';
import { findAccountByIdentifier } from '../accounts/accounts.ts';
import { canonicalEmail, canonicalIdentifier } from '../accounts/identifiers.ts';
import { lockAccount } from '../accounts/lock-account.ts';
import { issueMailedToken, MAILED_TOKEN_SECONDS } from '../accounts/mailed-tokens.ts';
import { languageFor, whereFrom } from '../accounts/telling.ts';
import { recordEvent, type Source } from '../audit/audit-log.ts';
import { atomically } from '../database/atomically.ts';
import { isDatabaseUnavailable } from '../database/outages/unavailable.ts';
import { findDevice } from '../devices/devices.ts';
import { mailNetworkLimit, mailRecipient, reserveInEach, resetMailLimit } from '../limits/limits.ts';
import { writeMail } from '../mail/outbox.ts';
import type { Logger } from '../observability/logger.ts';
import { LANGUAGES, type Language } from '../texts/messages.ts';
import type { CredentialDeps } from './deps.ts';
import { mayAskForPassword } from './first-password.ts';
import { linkTo, RESET_PATH } from './links.ts';
import { dropResetRequest, insertResetRequest, type ResetRequest, takeResetRequest } from './reset-requests.ts';

export interface ForgottenPassword {
  /** As typed: an e-mail address or a username. */
  readonly identifier: string;
  readonly source: Source;
  readonly language: Language;
  readonly clientId?: string | undefined;
  /** What the cookie of the browser says, by which an account knows it. */
  readonly deviceToken?: string | undefined;
  /** /24 or /64, as text. */
  readonly network: string;
}

export type ResetRequested =
  /** Whoever was named. */
  | { readonly outcome: 'noted' }
  /** Of this network, whoever it names. */
  | { readonly outcome: 'too_many_attempts'; readonly retryAfterSeconds: number };

/** Writes down that somebody asks. Whether there is such an account is looked up later, by `answerResetRequests`. */
export async function requestPasswordReset(deps: CredentialDeps, asked: ForgottenPassword): Promise<ResetRequested> {
  const { source, language, clientId, deviceToken, network } = asked;
  const { allowed, retryAfterSeconds } = await reserveInEach(deps, [mailNetworkLimit(deps.config.limits, network)]);
  if (!allowed) return { outcome: 'too_many_attempts', retryAfterSeconds };
  const { address, userAgent, requestId } = source;
  // What can be nobody's identifier is written down like any other.
  const identifier = canonicalIdentifier(asked.identifier)?.value ?? '';
  const asking = { identifier, language, clientId, deviceToken };
  await insertResetRequest(deps, { ...asking, source: { address, userAgent, requestId } });
  return { outcome: 'noted' };
}

/** Answers whoever waits, one after the other: each in a transaction, so that none is lost and none is answered twice. */
export async function answerResetRequests(deps: CredentialDeps & { readonly log: Logger }): Promise<void> {
  while (await answerNext(deps));
}

async function answerNext(deps: CredentialDeps & { readonly log: Logger }): Promise<boolean> {
  let id: string | undefined;
  try {
    return await atomically(deps.db, async (db) => {
      const taken = await takeResetRequest({ ...deps, db });
      id = taken?.id;
      if (taken?.request !== undefined) await answer({ ...deps, db }, taken.request);
      return taken !== undefined;
    });
  } catch (err) {
    if (id === undefined || isDatabaseUnavailable(err)) throw err;
    deps.log.error({ event: 'reset_request.failed', err });
    await dropResetRequest(deps.db, id);
    return true;
  }
}

/** As it is while nobody changes or deletes it: what is written for an account that is just going would outlive it. */
async function findLocked({ db }: CredentialDeps, identifier: string): Promise<Account | undefined> {
  const found = await findAccountByIdentifier(db, identifier);
  if (found === undefined || !(await lockAccount(db, found.id))) return undefined;
  const account = await findAccountByIdentifier(db, identifier);
  return account?.id === found.id ? account : undefined;
}

/** Nobody there, or shut out: no mail. An account without a password gets one too, unless the server is closed: the link sets its first. */
async function answer(inside: CredentialDeps, request: ResetRequest): Promise<void> {
  const { identifier, source, clientId, deviceToken, ...asked } = request;
  const account = await findLocked(inside, identifier);
  if (account === undefined || !isUsable(account) || !(await mayAskForPassword(inside, account.id))) return;
  const email = canonicalEmail(account.email)?.key ?? account.email;
  const device = await findDevice(inside, { accountId: account.id, token: deviceToken });
  const recipientKey = mailRecipient(email);
  const limit = resetMailLimit(inside.config.limits, { recipientKey, knownDevice: device?.id });
  // Strangers use up what strangers may cause, not what the account's own browser may ask for. Nothing is locked by it.
  if (!(await reserveInEach(inside, [limit])).allowed) return;
  const boundTo = clientId === undefined ? { email } : { email, client: clientId };
  const token = await issueMailedToken(inside, { accountId: account.id, purpose: 'reset_password', boundTo });
  const language = languageFor(
    account,
    LANGUAGES.find((each) => each === asked.language),
  );
  await writeMail(inside, {
    to: account.email,
    accountId: account.id,
    language,
    message: {
      mail: 'reset_password',
      link: linkTo(inside.config, RESET_PATH, token),
      minutes: MAILED_TOKEN_SECONDS.reset_password / 60,
      where: whereFrom(source, language),
    },
  });
  await recordEvent(inside, { event: 'password.reset_requested', accountId: account.id, source });
}
