// What a page says where a verb has refused, and the page itself has nothing to fill in.
import type { NotDone } from '../../administration/outcomes.ts';
import type { MessageKey } from '../../texts/messages.ts';

export function refusalNotice(answer: NotDone | { readonly outcome: string }): MessageKey {
  switch (answer.outcome) {
    case 'forbidden':
      return 'admin.refused.forbidden';
    case 'own_rights':
      return 'admin.refused.own_rights';
    case 'beyond_own_rights':
      return 'admin.refused.beyond_own_rights';
    case 'last_administrator':
      return 'admin.refused.last_administrator';
    default:
      return 'admin.refused.unchanged';
  }
}
