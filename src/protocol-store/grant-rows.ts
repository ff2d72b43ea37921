// Grants: what one sign-in has been allowed. They only grow; two requests that add to one at once both succeed.
import { atomically } from '../database/atomically.ts';
import { lockGrants } from './locks.ts';
import { findPayload, insertPayload, type Payload, type StoreDeps, upsertPayload } from './payloads.ts';

interface Allowed {
  readonly openid?: { readonly scope?: string; readonly claims?: readonly string[] };
  readonly resources?: Record<string, string>;
}

/** Saves a grant together with what the stored one already allows; one that has been revoked stays revoked. */
export async function upsertGrant(
  deps: StoreDeps,
  id: string,
  grant: { payload: Payload; expiresInSeconds: number },
): Promise<void> {
  const row = { model: 'Grant', id, expiresInSeconds: grant.expiresInSeconds };
  // Nobody knows a new one yet, so nobody is to be waited for.
  if (await insertPayload(deps, { ...row, payload: grant.payload })) return;
  await atomically(deps.db, async (tx) => {
    const inside = { ...deps, db: tx };
    await lockGrants(tx, [id]);
    const stored = await findPayload(inside, 'Grant', id);
    const payload = stored === undefined ? grant.payload : { ...grant.payload, ...union(stored, grant.payload) };
    await upsertPayload(inside, { ...row, payload });
  });
}

function union(left: Allowed, right: Allowed): Allowed {
  const scope = words(left.openid?.scope, right.openid?.scope);
  const claims = [...new Set([...(left.openid?.claims ?? []), ...(right.openid?.claims ?? [])])];
  const audiences = [...new Set([...Object.keys(left.resources ?? {}), ...Object.keys(right.resources ?? {})])];
  return {
    ...(scope === '' && claims.length === 0
      ? {}
      : { openid: { ...(scope === '' ? {} : { scope }), ...(claims.length === 0 ? {} : { claims }) } }),
    ...(audiences.length === 0
      ? {}
      : {
          resources: Object.fromEntries(
            audiences.map((audience) => [audience, words(left.resources?.[audience], right.resources?.[audience])]),
          ),
        }),
  };
}

const words = (...texts: (string | undefined)[]): string =>
  [...new Set(texts.flatMap((text) => text?.split(' ') ?? []))].filter(Boolean).join(' ');
