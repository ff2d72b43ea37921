// What a page says where nobody can tell whom somebody meant.
import type { NamedAccount } from '../../accounts/finding/named-account.ts';
import type { Texts } from '../../texts/messages.ts';

export type NotOneAccount = Exclude<NamedAccount, { outcome: 'found' }>;

export const notOneAccountSaid = (t: Texts, { who, named }: { who: string; named: NotOneAccount }): string =>
  named.outcome === 'unknown'
    ? t('model.groups.nobody', { who })
    : t('model.ambiguous', { who, first: `id:${named.byId.id}`, second: `id:${named.byName.id}` });
