// One change by an administrator: guarded, made and written down in one transaction, or not made and written down as refused.
import { lockAccount } from '../accounts/lock-account.ts';
import { recordEvent } from '../audit/audit-log.ts';
import type { ProductPermission } from '../config/roles/product-permissions.ts';
import { ADMIN_ROLE } from '../config/roles/role-names.ts';
import type { Db } from '../database/database.ts';
import { inLine } from '../database/transactions/in-line.ts';
import { administratorsLeft, isFewer } from '../roles/administrators.ts';
import { lockModel } from '../roles/model-lock.ts';
import { noteFirstGrant } from '../roles/roles.ts';
import { type AdministrationDeps, type Administrator, actorOf, permissionsHeld, sourceOf } from './administrator.ts';
import type { InUse, NotDone, Refusal } from './outcomes.ts';

/** What is done, as events of refusals name it. */
export type Action =
  | `account.${'create' | 'invite' | 'change' | 'ban' | 'unban' | 'keep' | 'start_reset' | 'reset_factors' | 'delete' | 'export'}`
  | `account.${'end_session' | 'end_sessions' | 'disconnect_app'}`
  | `role.${'grant' | 'revoke' | 'create' | 'change' | 'delete'}`
  | `client_role.${'grant' | 'revoke'}`
  | `group.${'add_member' | 'remove_member' | 'create' | 'change' | 'delete'}`
  | `permission.${'create' | 'change' | 'delete'}`
  | `mail.${'retry' | 'drop'}`
  | `keys.${'rotate' | 'revoke'}`;

export interface Doing {
  readonly by: Administrator;
  readonly needs: ProductPermission;
  readonly action: Action;
  /** On whom, if on somebody. */
  readonly accountId?: string;
}

/** Who acts, and what they may do: as it is in this transaction. */
export interface Acting {
  readonly by: Administrator;
  readonly held: ReadonlySet<ProductPermission>;
}

type Answer = NotDone | InUse<unknown> | { readonly outcome: 'done' };

/**
 * The transaction begins with the lock of the model, so that nobody's rights change while they are looked at: the order of
 * locks is that one, then rows of accounts, then those of the protocol store (protocol-store/locks.ts). Whatever the work
 * has written is taken back unless it is done, and if it would leave nobody to administer.
 */
export async function change<Deps extends AdministrationDeps, Outcome extends Answer>(
  deps: Deps,
  doing: Doing,
  work: (inside: Deps, acting: Acting) => Promise<Outcome>,
): Promise<Outcome | Refusal> {
  let answer: Outcome | Refusal | undefined;
  try {
    return await inLine(deps.db, () =>
      deps.db.transaction().execute(async (tx) => {
        const inside = { ...deps, db: tx };
        await lockModel(tx);
        answer = await guarded(inside, doing, (acting) => work(inside, acting));
        if (answer.outcome !== 'done') throw new TakenBack();
        return answer;
      }),
    );
  } catch (error) {
    if (!(error instanceof TakenBack) || answer === undefined) throw error;
    if (isRefusal(answer)) await recordRefusal(deps, doing, answer);
    return answer;
  }
}

/** Thrown to roll back, and never seen outside. */
class TakenBack extends Error {}

async function guarded<Outcome extends Answer>(
  inside: AdministrationDeps,
  { by, needs, accountId }: Doing,
  work: (acting: Acting) => Promise<Outcome>,
): Promise<Outcome | Refusal> {
  const held = await permissionsHeld(inside, by);
  if (!held.has(needs)) return { outcome: 'forbidden', needs };
  if (accountId !== undefined) await lockWhom(inside.db, accountId);
  const before = await administratorsLeft(inside);
  const answer = await work({ by, held });
  if (answer.outcome !== 'done') return answer;
  const after = await administratorsLeft(inside);
  // Whoever it is that administers first: the link that makes one is dead from then on.
  if (!before.now && after.now) await noteFirstGrant(inside.db, ADMIN_ROLE);
  const isInsisting = by.kind === 'operator' && by.evenLast === true;
  return isFewer(before, after) && !isInsisting ? { outcome: 'last_administrator' } : answer;
}

/** After the lock of the model, and before what the account has is looked at. */
export async function lockWhom(tx: Db, accountId: string): Promise<void> {
  if (CAN_BE_AN_ID.test(accountId)) await lockAccount(tx, accountId);
}

const REFUSALS: readonly string[] = [
  'forbidden',
  'own_rights',
  'beyond_own_rights',
  'last_administrator',
] satisfies Refusal['outcome'][];

const isRefusal = (answer: Answer): answer is Refusal => REFUSALS.includes(answer.outcome);

/** In a transaction of its own: that of the change is gone. An operator is asked, not refused. */
export async function recordRefusal(deps: AdministrationDeps, doing: Doing, { outcome }: Refusal): Promise<void> {
  const { by, needs, action, accountId } = doing;
  if (by.kind === 'operator') return;
  await recordEvent(deps, {
    event: 'administration.refused',
    accountId: accountId !== undefined && CAN_BE_AN_ID.test(accountId) ? accountId : undefined,
    actor: actorOf(by),
    source: sourceOf(by),
    outcome: 'failure',
    details: { action, needs, reason: outcome },
  });
}

/** What was typed in its place is not written down. */
const CAN_BE_AN_ID = /^[\x21-\x7e]{1,255}$/;
