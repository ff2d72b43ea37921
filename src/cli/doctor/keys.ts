// The keys that sign tokens, and whether this master secret opens them.
import { deriveKey } from '../../crypto/derived-keys.ts';
import { createSealedBox, SealBroken } from '../../crypto/sealed-box.ts';
import { overdueDays } from '../../keys/coming.ts';
import { describeKeys, type KeyInfo, listSigningKeys } from '../../keys/signing-keys.ts';
import { count } from '../output.ts';
import { type Finding, note, ok, problem } from './finding.ts';
import type { Connected } from './surroundings.ts';

const CHECK = 'keys';
const DAY_MS = 86_400_000;

export async function checkKeys({
  config,
  clock,
  database,
}: Connected): Promise<{ findings: readonly Finding[]; kids: readonly string[] }> {
  try {
    const box = createSealedBox(deriveKey(config.masterSecret, 'sealing'));
    const keys = await listSigningKeys({ db: database.db, box });
    const described = await describeKeys(database.db);
    const overdue = overdueDays(described, clock.now(), config.keys);
    return { findings: keyFindings(described, { now: clock.now(), overdue }), kids: keys.map(({ kid }) => kid) };
  } catch (error) {
    if (!(error instanceof SealBroken)) throw error;
    const message =
      'The master secret does not open the signing keys: it is not the one this database was first started with';
    const fix =
      'Give GATEHOUSE_SECRET or GATEHOUSE_SECRET_FILE its first value again. Without it keys and TOTP secrets are lost.';
    return { findings: [problem(CHECK, message, fix)], kids: [] };
  }
}

function keyFindings(
  keys: readonly KeyInfo[],
  { now, overdue }: { now: Date; overdue: number | undefined },
): Finding[] {
  if (keys.length === 0)
    return [note(CHECK, 'There is no signing key yet', 'The server makes one at its first start.')];
  const active = keys.find(({ stage }) => stage === 'active');
  if (active === undefined) return [problem(CHECK, 'No signing key is active', 'Restart the server: it makes one.')];
  if (overdue !== undefined) {
    const message = `A key has signed for ${count(overdue, 'day')}, longer than keys.rotate_every_days allows`;
    return [
      note(
        CHECK,
        message,
        'A running server replaces keys by itself: start it, or look for keys.not_turned in its log.',
      ),
    ];
  }
  const days = Math.floor((now.getTime() - (active.activatedAt ?? now).getTime()) / DAY_MS);
  return [
    ok(CHECK, `${count(keys.length, 'key')}, the active one for ${count(days, 'day')}; the master secret opens them`),
  ];
}
