// In which state an account is, in a word and a colour.
import type { Account } from '../../accounts/account.ts';
import type { Texts } from '../../texts/messages.ts';

const KINDS = { active: 'good', banned: 'bad', deleting: 'warning' } as const;

export const statusBadge = (t: Texts, { status }: Account) => ({
  kind: KINDS[status],
  label: t(`accounts.status.${status}`),
});
