// What a verb has answered, as a status: the one place where that is decided.
import type { InUse, NotDone, Problem } from '../administration/outcomes.ts';
import { nothingThere } from '../http/refusals.ts';
import { textsIn } from '../texts/messages.ts';
import { changedMeanwhile } from './conditions.ts';
import { ApiProblem, type FieldError } from './problem.ts';
import { invalidBody } from './read-request.ts';

type Answered = NotDone | InUse<unknown> | { readonly outcome: 'done' };

type Done<Outcome> = Extract<Outcome, { readonly outcome: 'done' }>;

export interface Said {
  /** Where in the body a field of the verb stands, if elsewhere than under its name. */
  readonly pointerTo?: (field: string) => string;
  /** The names of the body that is unknown to whom: answered with 422 instead of 404. */
  readonly named?: readonly Extract<NotDone, { outcome: 'unknown' }>['what'][];
}

/**
 * What was done; undefined where it was so already, which is as good.
 * @throws ApiProblem, Refusal 404
 */
export function done<Outcome extends Answered>(answered: Outcome, said: Said = {}): Done<Outcome> | undefined {
  if (answered.outcome === 'done') return answered as Done<Outcome>;
  if (answered.outcome === 'unchanged') return undefined;
  throw refused(answered as Exclude<Answered, { outcome: 'done' | 'unchanged' }>, said);
}

function refused(answered: Exclude<Answered, { outcome: 'done' | 'unchanged' }>, said: Said): Error {
  switch (answered.outcome) {
    case 'forbidden':
      return no(403, answered.outcome, `The client may not do this: it needs ${answered.needs}.`, {
        needs: answered.needs,
      });
    case 'own_rights':
      return no(403, answered.outcome, 'Nobody changes their own administrative rights.');
    case 'beyond_own_rights':
      return no(403, answered.outcome, 'This concerns administrative rights that the client does not have itself.', {
        permissions: answered.permissions,
      });
    case 'last_administrator':
      return no(409, answered.outcome, 'Nobody could administer this server any more.');
    case 'declared':
      return no(409, answered.outcome, 'config/roles.yaml declares it: change it there.');
    case 'reserved':
      return no(409, answered.outcome, 'It belongs to the product itself.');
    case 'in_use':
      return no(409, answered.outcome, 'It is in use; see use. Repeat the call with ?confirm=true to delete it.', {
        use: snakeCased(answered.use),
      });
    case 'taken':
      return no(409, answered.outcome, `This ${answered.field} is taken.`, {
        errors: [{ pointer: `/${answered.field}`, detail: 'is taken' }],
      });
    case 'not_possible':
      return no(409, answered.outcome, 'The account is not in a state in which this can be done.', {
        account_status: answered.status,
      });
    case 'invitations_closed':
      return no(
        409,
        answered.outcome,
        'registration.policy is closed, so nobody is invited. Create accounts without invite, and start a password reset for them.',
      );
    case 'unproved_address':
      return no(
        409,
        answered.outcome,
        'Nobody has proved the address of the account, so it is given no administrative rights.',
      );
    case 'too_many':
      return tooMany(answered);
    case 'changed_meanwhile':
      return changedMeanwhile();
    case 'unknown':
      return unknown(answered, said);
    case 'invalid':
      return invalidBody(answered.problems.map((problem) => fieldError(problem, said)));
  }
}

const no = (status: number, code: string, detail: string, more: Readonly<Record<string, unknown>> = {}) =>
  new ApiProblem({ status, code, detail, more });

const tooMany = ({ outcome, retryAfterSeconds }: Extract<NotDone, { outcome: 'too_many' }>): ApiProblem =>
  new ApiProblem({
    status: 429,
    code: outcome,
    detail: `Enough mails with links have gone to this person for now. Try again in ${retryAfterSeconds} seconds.`,
    retryAfterSeconds,
  });

function unknown({ what, name }: Extract<NotDone, { outcome: 'unknown' }>, { named = [] }: Said): Error {
  return named.includes(what)
    ? invalidBody([{ pointer: `/${what}s`, detail: `there is no ${what} ${name}` }])
    : nothingThere();
}

const fieldError = ({ field, key, values }: Problem, { pointerTo = (name) => `/${name}` }: Said): FieldError => ({
  pointer: pointerTo(field),
  detail: textsIn('en')(key, values),
});

/** What would be lost, in names as they are on the wire. */
const snakeCased = (use: unknown): unknown =>
  Object.fromEntries(
    Object.entries(use ?? {}).map(([name, value]) => [name.replaceAll(/[A-Z]/g, (c) => `_${c.toLowerCase()}`), value]),
  );
