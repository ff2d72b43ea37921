// People whom the file of a client does not let in any more, when a code or refresh token of theirs is redeemed.
import type { Client } from '../../clients/client.ts';
import type { Diagnosis } from '../facts.ts';
import type { FailedRequest, Known } from '../failed-request.ts';

export type RefusedBy =
  | { readonly rule: 'role' | 'group' }
  /** Its name; what the person has there is told to nobody. */
  | { readonly rule: 'attribute'; readonly attribute: string };

const DETAIL = /^the End-User may not use this client any more \((role|group|attribute)(?: ([a-z0-9_]+))?\)$/;

/** What is kept of such an error. */
export const refusalDetail = (by: RefusedBy): string =>
  `the End-User may not use this client any more (${by.rule}${by.rule === 'attribute' ? ` ${by.attribute}` : ''})`;

export function refusals({ clientId, detail = '' }: FailedRequest, { clients }: Known): Diagnosis | undefined {
  const [, rule, attribute] = DETAIL.exec(detail) ?? [];
  const client = clients.get(clientId ?? '');
  switch (rule) {
    case 'role':
      return { case: 'access.role_missing', expected: client?.access.requireAnyRole ?? [], key: 'access' };
    case 'group':
      return { case: 'access.group_missing', expected: client?.access.requireAnyGroup ?? [], key: 'access' };
    case 'attribute':
      return {
        case: 'access.attribute_missing',
        expected: valuesOf(client, attribute),
        key: 'access',
        values: { attribute: attribute ?? '' },
      };
    default:
      return undefined;
  }
}

const valuesOf = (client: Client | undefined, attribute: string | undefined): readonly string[] =>
  client?.access.attributes.find(({ name }) => name === attribute)?.values.map(String) ?? [];
