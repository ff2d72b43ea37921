// While an alarm stands, people who sign in from a new browser are asked for a code from a mail.
import { hashCode } from '../../src/crypto/mailed-code.ts';
import { raiseAlarm } from '../../src/limits/alarm.ts';
import { forgetAttempts } from '../../src/limits/counters.ts';
import type { TestServer } from './start-server.ts';

/** As after many failures of many accounts. */
export const alarmIsRaised = ({ deps, config }: TestServer): Promise<void> =>
  raiseAlarm({ ...deps, limits: config.limits });

export const alarmIsOver = ({ deps }: TestServer): Promise<void> => forgetAttempts(deps, 'sign-in:alarm-stands');

/** So that nobody else's sign-in meets the alarm. */
export async function whileAlarmStands<Result>(server: TestServer, work: () => Promise<Result>): Promise<Result> {
  await alarmIsRaised(server);
  try {
    return await work();
  } finally {
    await alarmIsOver(server);
  }
}

/** The code of the newest sign-in of this person that waits becomes one that a test knows. */
export async function knownSignInCode({ config, database: { db } }: TestServer, email: string): Promise<string> {
  const { id } = await db
    .selectFrom('sign_in_codes')
    .innerJoin('accounts', 'accounts.id', 'sign_in_codes.account_id')
    .select('sign_in_codes.id')
    .where('accounts.email', '=', email)
    .orderBy('sign_in_codes.expires_at', 'desc')
    .orderBy('sign_in_codes.id', 'desc')
    .limit(1)
    .executeTakeFirstOrThrow();
  const code = '12345678';
  await db
    .updateTable('sign_in_codes')
    .set({ code_hash: hashCode(config, { id, code }) })
    .where('id', '=', id)
    .execute();
  return code;
}
