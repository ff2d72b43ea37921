// Whether there is somebody who administers.
import { systemClock } from '../../clock.ts';
import { ADMIN_ROLE } from '../../config/roles/role-names.ts';
import { hasHadAdministrator } from '../../first-administrator/setup-link.ts';
import { administratorsLeft } from '../../roles/administrators.ts';
import { count } from '../output.ts';
import { type Finding, note, ok } from './finding.ts';
import type { Connected } from './surroundings.ts';

const CHECK = 'administrator';

export async function checkAdministrator({ database: { db } }: Connected): Promise<Finding[]> {
  const { people } = await administratorsLeft({ db, clock: systemClock });
  if (people > 0) return [ok(CHECK, count(people, 'administrator'))];
  if (await hasHadAdministrator(db)) {
    const fix = `The set-up link never works again: gatehouse user create --email you@example.com --role ${ADMIN_ROLE}`;
    return [note(CHECK, 'There is no administrator any more', fix)];
  }
  return [note(CHECK, 'There has been no administrator yet', 'Run "gatehouse setup link" and open what it prints.')];
}
