// What a scope lets an app see or do, as a sentence for people.
import type { Attribute } from '../config/config.ts';
import type { MessageKey, Texts } from '../texts/messages.ts';

const SENTENCES: Readonly<Record<string, MessageKey>> = {
  openid: 'scope.openid',
  profile: 'scope.profile',
  email: 'scope.email',
  phone: 'scope.phone',
  address: 'scope.address',
  roles: 'scope.roles',
  groups: 'scope.groups',
  offline_access: 'scope.offline_access',
};

/** With what operators have put under the standard's scopes; of their own scopes, what these are made of. */
export function scopeSentence(attributes: ReadonlyMap<string, Attribute>, t: Texts, scope: string): string {
  const key = SENTENCES[scope];
  const labels = [...attributes.values()].flatMap((attribute) => (attribute.scope === scope ? [attribute.label] : []));
  if (labels.length === 0) return key === undefined ? scope : t(key);
  const values = { attributes: t.list(labels) };
  return key === undefined
    ? t('scope.attributes', values)
    : t('scope.with_attributes', { ...values, sentence: t(key) });
}
