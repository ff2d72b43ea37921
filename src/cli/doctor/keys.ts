// The keys that sign tokens, and whether this master secret opens them.

import type { Config } from '../../config/config.ts';
import type { SealedBox } from '../../crypto/sealed-box.ts';
import { SealBroken, sealedBoxOf } from '../../crypto/sealed-box.ts';
import type { Db } from '../../database/database.ts';
import { overdueDays } from '../../keys/coming.ts';
import { describeKeys, type KeyInfo, listSigningKeys } from '../../keys/signing-keys.ts';
import { count } from '../output.ts';
import { countLeft } from '../secrets/sealed-columns.ts';
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
    const box = sealedBoxOf(config);
    const keys = await listSigningKeys({ db: database.db, box });
    const described = await describeKeys(database.db);
    const overdue = overdueDays(described, clock.now(), config.keys);
    const findings = [
      ...keyFindings(described, { now: clock.now(), overdue }),
      ...(await sealFindings({ db: database.db, box }, config)),
    ];
    return { findings, kids: keys.map(({ kid }) => kid) };
  } catch (error) {
    if (!(error instanceof SealBroken)) throw error;
    const message = 'The master secret does not open the signing keys: it is not the one that sealed them';
    const fix =
      'Give GATEHOUSE_SECRET its former value again, or that value as GATEHOUSE_SECRET_PREVIOUS. Without it keys and TOTP secrets are lost.';
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

/** What still needs a former master secret, where there is one. */
async function sealFindings(
  deps: { readonly db: Db; readonly box: SealedBox },
  { previousSecrets }: Pick<Config, 'previousSecrets'>,
): Promise<Finding[]> {
  if (previousSecrets.length === 0) return [];
  const { left, orMore } = await countLeft(deps);
  if (left === 0) {
    const fix = 'Take GATEHOUSE_SECRET_PREVIOUS away once the longest session since the change is over.';
    return [note(CHECK, 'Nothing in the database is sealed with a former master secret; cookies may be', fix)];
  }
  const message = `${count(left, 'row')}${orMore ? ' or more' : ''} in the database ${left === 1 ? 'is' : 'are'} sealed with a former master secret`;
  return [note(CHECK, message, 'Run "gatehouse secrets reseal" once every server runs with the new one.')];
}
