// What the verbs answer: the same words for all of them, so that one page or one problem type can say each.
import type { AccountStatus } from '../accounts/account.ts';
import type { ProductPermission } from '../config/roles/product-permissions.ts';
import type { MessageKey } from '../texts/messages.ts';

/** Who asks may not. Each leaves an event `administration.refused`. */
export type Refusal =
  | { readonly outcome: 'forbidden'; readonly needs: ProductPermission }
  /** Nobody changes their own administrative rights. */
  | { readonly outcome: 'own_rights' }
  /** It would give, take or act on somebody who has what the one who asks does not have. */
  | { readonly outcome: 'beyond_own_rights'; readonly permissions: readonly ProductPermission[] }
  /** Nobody could administer this server afterwards, or not for good. */
  | { readonly outcome: 'last_administrator' };

/** What is wrong with one field, in words of the catalogues. */
export interface Problem {
  readonly field: string;
  readonly key: MessageKey;
  readonly values?: Readonly<Record<string, string>>;
}

export type Thing = 'account' | 'client' | 'group' | 'key' | 'mail' | 'permission' | 'role' | 'session';

/** Nothing was changed. */
export type NotDone =
  | Refusal
  | { readonly outcome: 'unknown'; readonly what: Thing; readonly name: string }
  /** `config/roles.yaml` says so; read-only here. */
  | { readonly outcome: 'declared' }
  /** The product's own. */
  | { readonly outcome: 'reserved' }
  | { readonly outcome: 'taken'; readonly field: string }
  | { readonly outcome: 'invalid'; readonly problems: readonly Problem[] }
  /** The account is not in a state in which this could be done. */
  | { readonly outcome: 'not_possible'; readonly status: AccountStatus }
  /** `registration.policy` is `closed`: nobody is invited. */
  | { readonly outcome: 'invitations_closed' }
  /** So many mails with links have gone to this person that another one has to wait. */
  | { readonly outcome: 'too_many'; readonly retryAfterSeconds: number }
  /** Rights to administer are not given to whoever happens to have an address that nobody proved. */
  | { readonly outcome: 'unproved_address' }
  /** Somebody else was faster: `version` is not the one it has by now. */
  | { readonly outcome: 'changed_meanwhile' }
  /** It was so already. */
  | { readonly outcome: 'unchanged' };

export type Outcome<Done extends object = object> = NotDone | ({ readonly outcome: 'done' } & Readonly<Done>);

/** What deleting it would take away: ask, and say `confirmed`. */
export type InUse<Use> = { readonly outcome: 'in_use'; readonly use: Use };

/** Whether whoever asks has been told what a deletion would take away; or just what of it. */
export type Confirmed<Use> = boolean | ((use: Use) => boolean);

export const mayTake = <Use>(confirmed: Confirmed<Use>, isInUse: (use: Use) => boolean): ((use: Use) => boolean) =>
  typeof confirmed === 'function' ? confirmed : (use) => confirmed || !isInUse(use);

/** Stands for the state of an account, a role or a group: what `version` of a verb is compared with. */
export const versionOf = ({ updatedAt }: { readonly updatedAt: Date }): string => updatedAt.toISOString();

export const unknown = (what: Thing, name: string) => ({ outcome: 'unknown', what, name }) as const;

/** Nothing else has a name here, and a NUL never reaches the database. */
export const canBeName = (text: string): boolean => /^\P{C}{1,255}$/u.test(text);
