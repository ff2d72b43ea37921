// Replacing the keys that sign tokens before their time.
import type { Config } from '../config/config.ts';
import type { SealedBox } from '../crypto/sealed-box.ts';
import { type Revocation, revokeKey } from '../keys/revoke-key.ts';
import { type Rotation, rotateKeys } from '../keys/rotate-keys.ts';
import { type AdministrationDeps, type Administrator, actorOf, sourceOf } from './administrator.ts';
import { change } from './change.ts';
import { canBeName, type Outcome, unknown } from './outcomes.ts';

export interface KeyAdministrationDeps extends AdministrationDeps {
  readonly box: SealedBox;
  readonly config: Pick<Config, 'keys'>;
}

/** `now`: what apps have cached is no reason to wait. */
export function rotateKeysAs(
  deps: KeyAdministrationDeps,
  by: Administrator,
  { now }: { now: boolean },
): Promise<Outcome<{ rotations: readonly Rotation[] }>> {
  return change(deps, { by, needs: 'keys:rotate', action: 'keys.rotate' }, async (inside) => {
    const rotations = await rotateKeys({ ...inside, rules: inside.config.keys }, whoOf(by), { now });
    return { outcome: 'done', rotations };
  });
}

/** Whatever it has signed is refused from now on. */
export function revokeKeyAs(
  deps: KeyAdministrationDeps,
  by: Administrator,
  { kid }: { kid: string },
): Promise<Outcome<{ revocation: Extract<Revocation, { outcome: 'revoked' }> }>> {
  return change(deps, { by, needs: 'keys:rotate', action: 'keys.revoke' }, async (inside) => {
    if (!canBeName(kid)) return unknown('key', kid);
    const revocation = await revokeKey({ ...inside, rules: inside.config.keys }, whoOf(by), kid);
    return revocation.outcome === 'revoked' ? { outcome: 'done', revocation } : unknown('key', kid);
  });
}

const whoOf = (by: Administrator) => ({ actor: actorOf(by), source: sourceOf(by) });
