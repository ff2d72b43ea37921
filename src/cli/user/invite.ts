// gatehouse user invite, and user create --invite: a link by mail that sets the first password.
import type { Account } from '../../accounts/account.ts';
import { inviteAccount } from '../../accounts/invite-account.ts';
import type { Config } from '../../config/config.ts';
import { commandConfig } from '../configuration.ts';
import { CommandFailed } from '../failure.ts';
import type { Answer, Invocation } from '../terminal.ts';
import { type CommandDeps, withDatabase } from '../with-database.ts';
import { notFound, requireAccount } from './require-account.ts';

/** A new link; those sent before are void. */
export function inviteUser(invocation: Invocation, { who }: { who: string }): Promise<Answer> {
  const config = commandConfig(invocation);
  return withDatabase(config, async (deps) => {
    const account = await requireAccount(deps.db, who);
    const link = await invite({ ...deps, config }, account.id);
    const { id, email } = account;
    return { result: { id, email, invitation_url: link }, text: invitationLines(account, link).join('\n') };
  });
}

/** The link. @throws CommandFailed where nobody is to be invited */
export async function invite(deps: CommandDeps & { readonly config: Config }, accountId: string): Promise<string> {
  const invitation = await inviteAccount(deps, { accountId, actor: 'operator' });
  switch (invitation.outcome) {
    case 'invited':
      return invitation.link;
    case 'unknown_account':
      throw notFound(accountId);
    case 'not_waiting':
      throw new CommandFailed('invalid', 'This account has a password already, or is shut out. Nothing was sent.');
  }
}

export const invitationLines = ({ email }: Pick<Account, 'email'>, link: string): string[] => [
  `An invitation to ${email} goes out by mail. Its link works once, for 7 days; a newer one voids it:`,
  '',
  `  ${link}`,
];
