// The keys that sign tokens, and whether this master secret opens them.
import { deriveKey } from '../../crypto/derived-keys.ts';
import { createSealedBox, SealBroken } from '../../crypto/sealed-box.ts';
import type { SigningKey } from '../../keys/signing-key.ts';
import { activeSince, listSigningKeys } from '../../keys/signing-keys.ts';
import { count } from '../output.ts';
import { type Finding, note, ok, problem } from './finding.ts';
import type { Connected } from './surroundings.ts';

const CHECK = 'keys';
const DAY_MS = 86_400_000;
/** Days. */
const OLD = 365;

export async function checkKeys({
  config,
  clock,
  database,
}: Connected): Promise<{ findings: readonly Finding[]; kids: readonly string[] }> {
  try {
    const box = createSealedBox(deriveKey(config.masterSecret, 'sealing'));
    const keys = await listSigningKeys({ db: database.db, box });
    const since = await activeSince(database.db);
    const days = since === undefined ? 0 : Math.floor((clock.now().getTime() - since.getTime()) / DAY_MS);
    return { findings: keyFindings(keys, days), kids: keys.map(({ kid }) => kid) };
  } catch (error) {
    if (!(error instanceof SealBroken)) throw error;
    const message =
      'The master secret does not open the signing keys: it is not the one this database was first started with';
    const fix =
      'Give GATEHOUSE_SECRET or GATEHOUSE_SECRET_FILE its first value again. Without it keys and TOTP secrets are lost.';
    return { findings: [problem(CHECK, message, fix)], kids: [] };
  }
}

function keyFindings(keys: readonly SigningKey[], days: number): Finding[] {
  if (keys.length === 0)
    return [note(CHECK, 'There is no signing key yet', 'The server makes one at its first start.')];
  const active = keys.find(({ stage }) => stage === 'active');
  if (active === undefined) return [problem(CHECK, 'No signing key is active', 'Restart the server: it makes one.')];
  if (days > OLD) {
    return [
      note(
        CHECK,
        `The active key signs for ${days} days`,
        'Nothing rotates it in this version; keep the master secret safe.',
      ),
    ];
  }
  return [
    ok(CHECK, `${count(keys.length, 'key')}, the active one for ${count(days, 'day')}; the master secret opens them`),
  ];
}
