// Interactions: a person on the way through a sign-in. What two cookies hold is not kept in their rows.
import { deriveKey } from '../crypto/derived-keys.ts';
import { createSealedBox } from '../crypto/sealed-box.ts';
import { buryPayload, type Payload, type StoreDeps, upsertPayload } from './payloads.ts';
import { findInteractionPayload } from './tokens-with-grants.ts';

/** Stands in a stored `returnTo` where the interaction's identifier was. */
const OWN_IDENTIFIER = '{uid}';

/**
 * `session.cookie` is the session's identifier, which the engine never reads back, and `returnTo` ends with the
 * interaction's own; `parJti` is that of the pushed request it began with, which the engine spends at the end, and is
 * sealed under the interaction's, which only the browser has. One that was finished stays finished: a form that comes late cannot make its result usable again.
 */
export async function upsertInteraction(
  deps: StoreDeps,
  id: string,
  interaction: { payload: Payload; expiresInSeconds: number },
): Promise<void> {
  const { session, returnTo, parJti, ...rest } = interaction.payload;
  const { cookie: _cookie, ...kept } = (session ?? {}) as Payload;
  const payload = {
    ...rest,
    ...replaced(returnTo, id, OWN_IDENTIFIER),
    ...(typeof parJti === 'string' ? { parJti: boxOf(id).seal(parJti, PUSHED_REQUEST) } : {}),
    ...(session === undefined ? {} : { session: kept }),
    accountId: accountIn(interaction.payload),
  };
  await upsertPayload(deps, { ...interaction, model: 'Interaction', id, payload });
}

/**
 * Whose password was right here, or who is signed in already. Found by it, a sign-in under way ends with everything else
 * of an account whose credentials were changed.
 */
function accountIn({ result, lastSubmission, session }: Payload): string | undefined {
  const steps = [result, lastSubmission].flatMap((each) => Object.values((each ?? {}) as Payload));
  const holders = [...steps, session].map((each) => (each as { accountId?: unknown } | null | undefined)?.accountId);
  return holders.find((accountId) => typeof accountId === 'string') as string | undefined;
}

export async function findInteraction(deps: StoreDeps, id: string): Promise<Payload | undefined> {
  const payload = await findInteractionPayload(deps, id);
  if (payload === undefined) return undefined;
  const { accountId: _ours, parJti, ...kept } = payload;
  const pushed = typeof parJti === 'string' ? { parJti: boxOf(id).open(parJti, PUSHED_REQUEST) } : {};
  return { ...kept, ...pushed, ...replaced(payload['returnTo'], OWN_IDENTIFIER, id), jti: id };
}

/** False where it was finished before, or has ended with everything else of its account. */
export const destroyInteraction = (deps: StoreDeps, id: string): Promise<boolean> =>
  buryPayload(deps, 'Interaction', id);

const PUSHED_REQUEST = 'interaction.parJti';

const boxOf = (id: string) => createSealedBox(deriveKey(id, 'pushed-request'));

const replaced = (returnTo: unknown, what: string, by: string): Payload =>
  typeof returnTo === 'string' ? { returnTo: returnTo.replace(what, () => by) } : {};
