// Whoever was invited proves the mailbox by the link, and chooses the first password of the account.
import { type AuditDeps, recordEvent, type Source } from '../audit/audit-log.ts';
import type { Config } from '../config/config.ts';
import { atomically } from '../database/atomically.ts';
import type { Language } from '../texts/messages.ts';
import { termsToAccept } from './accepted-terms.ts';
import { type Account, isUsable } from './account.ts';
import { findAccount, setFirstPassword } from './accounts.ts';
import { canonicalEmail } from './identifiers.ts';
import { findMailedToken, type MailedToken, spendMailedToken } from './mailed-tokens.ts';
import type { PasswordHasher } from './password-hash.ts';
import { type PasswordFlaw, type PasswordRules, passwordFlaws, withPersonalWords } from './password-rules.ts';
import { canonicalDisplayName } from './prepare-account.ts';

export const INVITATION_PATH = '/invitation';

const purpose = 'invitation';

/** Where the policy is `closed` none is sent, and none that was sent before opens anything. */
export const takesInvitations = ({ registration }: Pick<Config, 'registration'>): boolean =>
  registration.policy !== 'closed';

/** Whose account a link is for; undefined where it is no good. Changes nothing. */
export async function openInvitation(
  deps: AuditDeps & { readonly config: Pick<Config, 'registration'> },
  token: string,
): Promise<Account | undefined> {
  if (!takesInvitations(deps.config)) return undefined;
  return invited(deps, await findMailedToken(deps, { purpose, token }));
}

export type Acceptance =
  | { readonly outcome: 'accepted'; readonly account: Account }
  /** Used, too old, or a newer one was sent; the account is shut out, or has another address by now. */
  | { readonly outcome: 'void' }
  /** The link is still good. */
  | {
      readonly outcome: 'invalid';
      readonly account: Account;
      readonly flaws: readonly PasswordFlaw[];
      readonly nameProblem: 'missing' | 'malformed' | undefined;
      /** There are terms, and they were not accepted. */
      readonly refusesTerms: boolean;
    };

export interface Accepting {
  readonly token: string;
  /** As typed; empty for none. Counts only where the account has no name yet. */
  readonly name: string;
  readonly password: string;
  readonly acceptsTerms: boolean;
  readonly language: Language;
  readonly source?: Source;
}

interface Deps extends AuditDeps {
  readonly config: Pick<Config, 'registration'>;
  readonly hasher: PasswordHasher;
  readonly rules: PasswordRules;
}

/** @throws Refusal `busy` (503); the link is still good then. */
export async function acceptInvitation(
  deps: Deps,
  { token, name, password, acceptsTerms, language, source }: Accepting,
): Promise<Acceptance> {
  const account = await openInvitation(deps, token);
  if (account === undefined) return { outcome: 'void' };
  const displayName = name.trim() === '' ? undefined : canonicalDisplayName(name);
  const nameProblem = account.displayName === undefined ? problemOf(deps, { name, displayName }) : undefined;
  const names = { ...account, displayName: account.displayName ?? displayName };
  const flaws = passwordFlaws(password, withPersonalWords(deps.rules, names));
  const termsVersion = await termsToAccept(deps, account.id);
  const refusesTerms = termsVersion !== undefined && !acceptsTerms;
  if (nameProblem !== undefined || refusesTerms || flaws.length > 0) {
    return { outcome: 'invalid', account, flaws, nameProblem, refusesTerms };
  }
  const passwordHash = await deps.hasher.hash(password);
  return atomically(deps.db, async (db): Promise<Acceptance> => {
    const inside = { ...deps, db };
    const holder = await invited(inside, await spendMailedToken(inside, { purpose, token }));
    if (holder === undefined) return { outcome: 'void' };
    const first = { accountId: holder.id, passwordHash, displayName, language, termsVersion };
    const accepted = await setFirstPassword(inside, first);
    if (accepted === undefined) return { outcome: 'void' };
    const details = termsVersion === undefined ? {} : { terms_version: termsVersion };
    await recordEvent(inside, { event: 'invitation.accepted', accountId: holder.id, source, details });
    return { outcome: 'accepted', account: accepted };
  });
}

function problemOf(
  { config }: Pick<Deps, 'config'>,
  { name, displayName }: { name: string; displayName: string | undefined },
): 'missing' | 'malformed' | undefined {
  if (displayName !== undefined) return undefined;
  if (name.trim() !== '') return 'malformed';
  return config.registration.requiredFields.includes('name') ? 'missing' : undefined;
}

/** A link opens one mailbox's account only: with another address it is no good. */
async function invited({ db }: AuditDeps, link: MailedToken | undefined): Promise<Account | undefined> {
  const account = link === undefined ? undefined : await findAccount(db, link.accountId);
  if (link === undefined || account === undefined || !isUsable(account)) return undefined;
  return link.boundTo['email'] === canonicalEmail(account.email)?.key ? account : undefined;
}
