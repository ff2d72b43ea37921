// What a page of the console says when a verb of `administration` has refused, or could not do what was asked.
import type Koa from 'koa';
import type { NotDone } from '../administration/outcomes.ts';
import { tellToWait } from '../http/form.ts';
import type { Texts } from '../texts/messages.ts';

export interface Trouble {
  readonly status: 400 | 403 | 404 | 409 | 429;
  /** For `+problem`, or with all of `errors` for `+problems`. */
  readonly problem: { readonly summary: string; readonly field?: string };
  /** Beside their fields. */
  readonly errors: readonly { readonly field: string; readonly message: string }[];
  /** With 429. */
  readonly retryAfterSeconds?: number;
}

/** `unchanged` is for whoever asked to say: mostly it is as good as done. */
export type Refused = Exclude<NotDone, { readonly outcome: 'unchanged' }>;

export function troubleOf(t: Texts, refused: Refused): Trouble {
  const saying = (status: Trouble['status'], summary: string): Trouble => ({
    status,
    problem: { summary },
    errors: [],
  });
  switch (refused.outcome) {
    case 'forbidden':
      return saying(403, t('console.refused.forbidden', { permission: refused.needs }));
    case 'own_rights':
      return saying(403, t('console.refused.own_rights'));
    case 'beyond_own_rights':
      return saying(403, t('console.refused.beyond_own_rights', { permissions: t.list(refused.permissions) }));
    case 'last_administrator':
      return saying(409, t('console.refused.last_administrator'));
    case 'declared':
      return saying(409, t('console.refused.declared'));
    case 'reserved':
      return saying(409, t('console.refused.reserved'));
    case 'changed_meanwhile':
      return saying(409, t('console.refused.changed_meanwhile'));
    case 'not_possible':
      return saying(409, t('console.refused.not_possible'));
    case 'invitations_closed':
      return saying(409, t('console.refused.invitations_closed'));
    case 'too_many': {
      const { retryAfterSeconds } = refused;
      return {
        ...saying(429, t('console.refused.too_many', { when: t.inTime(retryAfterSeconds) })),
        retryAfterSeconds,
      };
    }
    case 'unproved_address':
      return saying(409, t('console.refused.unproved_address'));
    case 'unknown':
      return saying(404, t('console.refused.unknown', { name: refused.name }));
    case 'taken':
      return beside(409, [{ field: refused.field, message: t('console.refused.taken') }]);
    case 'invalid':
      return beside(
        400,
        refused.problems.map(({ field, key, values }) => ({ field, message: t(key, values) })),
      );
  }
}

/** One mistake stands in the summary itself, with a way to its field. */
export function beside(status: Trouble['status'], errors: Trouble['errors']): Trouble {
  const [first] = errors;
  return { status, problem: { summary: first?.message ?? '', ...(first && { field: first.field }) }, errors };
}

export const errorOf = (trouble: Trouble | undefined, field: string): string | undefined =>
  trouble?.errors.find((error) => error.field === field)?.message;

/** The page that is shown in answer to a form has its own address: for the language switch. */
export function answerWith(ctx: Koa.Context, trouble: Trouble | undefined, pageAddress: string): void {
  ctx.state.pageAddress = pageAddress;
  if (trouble !== undefined) ctx.status = trouble.status;
  tellToWait(ctx, trouble?.retryAfterSeconds);
}
