// gatehouse doctor: looks at everything an installation depends on, and says of each fault how to mend it.
import type { OpenDatabase } from '../../database/database.ts';
import { explain } from '../failure.ts';
import { count, neutral } from '../output.ts';
import type { Answer, Invocation } from '../terminal.ts';
import { openForCommand } from '../with-database.ts';
import { checkClients } from './clients.ts';
import { clockFindings } from './clock.ts';
import { checkConfiguration } from './configuration.ts';
import { checkCookies } from './cookies.ts';
import { checkDatabase } from './database.ts';
import { type Finding, problem } from './finding.ts';
import { checkIssuer } from './issuer.ts';
import { checkKeys } from './keys.ts';
import { checkFiles, nodeFindings } from './machine.ts';
import { checkMailServer, checkUndelivered } from './mail.ts';
import { checkAdministrator } from './people.ts';
import { checkProxy } from './proxy.ts';
import type { Configured, Connected } from './surroundings.ts';

/** Changes nothing but a probe, which is gone after a minute. Migrations that are pending stay so. */
export async function examine(invocation: Invocation): Promise<Answer> {
  const { findings, configured } = checkConfiguration(invocation);
  const all = [
    ...findings,
    ...nodeFindings(process.versions.node),
    ...(configured === undefined ? [] : await examineConfigured(configured)),
  ];
  const problems = all.filter(({ state }) => state === 'problem').length;
  return {
    result: { healthy: problems === 0, findings: all },
    text: shown(all, problems),
    exitCode: problems === 0 ? 0 : 1,
  };
}

async function examineConfigured(configured: Configured): Promise<Finding[]> {
  return [
    ...(await attempt('database', () => examineDatabase(configured))),
    ...(await attempt('clients', () => checkClients(configured))),
    ...(await attempt('files', async () => checkFiles(configured))),
    ...(await attempt('mail', () => checkMailServer(configured))),
  ];
}

async function examineDatabase(configured: Configured): Promise<Finding[]> {
  const { database } = await openForCommand(configured.config);
  try {
    return await examineConnected({ ...configured, database });
  } finally {
    await database.close();
  }
}

async function examineConnected(connected: Connected & { database: OpenDatabase }): Promise<Finding[]> {
  const { clock, database } = connected;
  const { findings, diagnosis, migrated } = await checkDatabase(connected, database);
  const here = clock.now();
  // Without its tables there is no key to compare, and nowhere to leave a probe.
  if (!migrated) return [...findings, ...(await checkIssuer(connected, [])).findings];
  const keys = await checkKeys(connected);
  const issuer = await checkIssuer(connected, keys.kids);
  const date = issuer.answered?.date;
  return [
    ...findings,
    ...keys.findings,
    ...(await checkAdministrator(connected)),
    ...(await checkUndelivered(connected)),
    ...issuer.findings,
    ...(issuer.answered === undefined ? [] : await checkProxy(connected)),
    ...(issuer.answered === undefined ? [] : await checkCookies(connected)),
    ...clockFindings({ here, database: diagnosis.now, issuer: date && { date, at: clock.now() } }),
  ];
}

/** A check that fails is a finding, not the end of the others. */
async function attempt(check: string, work: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await work();
  } catch (error) {
    const { code, message } = explain(error);
    return [
      problem(
        check,
        message,
        FIXES.get(code) ?? 'The message says what to look at; the log of the server may say more.',
      ),
    ];
  }
}

const FIXES: ReadonlyMap<string, string> = new Map([
  [
    'database_unavailable',
    'Start the database, and see that host and port in DATABASE_URL are right and reached from here.',
  ],
  ['database_refused', 'See user, password, database name and privileges in DATABASE_URL.'],
  ['database_in_use', 'Stop the other process, or give this one its own GATEHOUSE_DATA_DIR.'],
  ['file_system', 'See that the directory exists, belongs to this user and has room.'],
]);

const MARKS = { ok: 'ok', note: 'note', problem: 'PROBLEM' } as const;

function shown(findings: readonly Finding[], problems: number): string {
  const width = Math.max(...findings.map(({ check }) => check.length));
  const lines = findings.flatMap(({ check, state, message, fix }) => [
    `${MARKS[state].padEnd(8)} ${check.padEnd(width)}  ${neutral(message)}`,
    ...(fix === undefined ? [] : [`${' '.repeat(9 + width)}  -> ${neutral(fix)}`]),
  ]);
  return `${lines.join('\n')}\n\n${problems === 0 ? 'No problems.' : `${count(problems, 'problem')}.`}`;
}
