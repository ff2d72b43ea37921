// What of the proofs is missing before an account may be deleted: the password, and the second factor of whoever has one.
import type Koa from 'koa';
import { atomically } from '../../database/atomically.ts';
import { isLastAdministrator } from '../../roles/administrators.ts';
import { hasSecondFactor } from '../../second-factors/second-factor.ts';
import type { SignedIn } from '../../signed-in/signed-in.ts';
import type { MessageKey } from '../../texts/messages.ts';
import { type Confirmation, confirmPassword } from '../confirm-password.ts';
import { confirmSecondFactor } from '../confirm-second-factor.ts';
import type { AccountDeps } from '../deps.ts';

export interface Trouble {
  readonly status: 400 | 409 | 429;
  readonly summary: MessageKey;
  readonly field?: 'password' | 'code';
  readonly retryAfterSeconds?: number;
}

export const LAST_ADMINISTRATOR: Trouble = { status: 409, summary: 'deletion.last_administrator' };

/** The code is looked at last, so that none is spent where the password is wrong or nothing would be deleted anyway. */
export async function whatIsMissing(
  deps: AccountDeps,
  ctx: Koa.Context,
  typed: { me: SignedIn; password: string; code: string },
): Promise<Trouble | undefined> {
  const { id } = typed.me.account;
  const password = troubleWith(await confirmPassword(deps, ctx, typed), PASSWORD);
  if (password !== undefined) return password;
  if (!(await hasSecondFactor(deps.db, id))) return undefined;
  if (await atomically(deps.db, (db) => isLastAdministrator({ ...deps, db }, id))) return LAST_ADMINISTRATOR;
  return troubleWith(await confirmSecondFactor(deps, ctx, typed), CODE);
}

const PASSWORD = { field: 'password', wrong: 'deletion.wrong_password', limited: 'sign_in.too_many_attempts' } as const;
const CODE = { field: 'code', wrong: 'deletion.wrong_code', limited: 'second_factor.too_many_attempts' } as const;

function troubleWith(
  answer: Confirmation,
  { field, wrong, limited }: typeof PASSWORD | typeof CODE,
): Trouble | undefined {
  switch (answer.outcome) {
    case 'too_many_attempts':
      return { status: 429, summary: limited, retryAfterSeconds: answer.retryAfterSeconds };
    case 'wrong':
      return { status: 400, summary: wrong, field };
    case 'right':
      return undefined;
  }
}
