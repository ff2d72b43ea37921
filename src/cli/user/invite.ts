// gatehouse user invite: another link by mail that sets the first password.
import type { Account } from '../../accounts/account.ts';
import { inviteAccountAs } from '../../administration/accounts/create-account-as.ts';
import { OPERATOR } from '../access/operator.ts';
import { commandConfig } from '../configuration.ts';
import { CommandFailed } from '../failure.ts';
import type { Answer, Invocation } from '../terminal.ts';
import { withDatabase } from '../with-database.ts';
import { notFound, requireAccount } from './require-account.ts';

/** A new link; those sent before are void. */
export function inviteUser(invocation: Invocation, { who }: { who: string }): Promise<Answer> {
  const config = commandConfig(invocation);
  return withDatabase(config, async (deps) => {
    const { id, email } = await requireAccount(deps.db, who);
    const invited = await inviteAccountAs({ ...deps, config }, OPERATOR, { accountId: id });
    if (invited.outcome === 'invitations_closed') throw new CommandFailed('invalid', INVITATIONS_CLOSED);
    if (invited.outcome === 'not_possible') throw new CommandFailed('invalid', NOT_WAITING);
    if (invited.outcome !== 'done' || invited.invitationLink === undefined) throw notFound(who);
    const link = invited.invitationLink;
    return { result: { id, email, invitation_url: link }, text: invitationLines({ email }, link).join('\n') };
  });
}

export const INVITATIONS_CLOSED =
  'registration.policy in gatehouse.yaml is "closed": nobody is invited, and nothing was done. Make it "invite", or create the account with a password.';

const NOT_WAITING = 'This account has a password already, or is shut out. Nothing was sent.';

export const invitationLines = ({ email }: Pick<Account, 'email'>, link: string): string[] => [
  `An invitation to ${email} goes out by mail. Its link works once, for 7 days; a newer one voids it:`,
  '',
  `  ${link}`,
];
