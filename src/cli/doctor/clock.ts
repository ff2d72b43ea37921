// Whether the clocks agree: tokens are dated by the server's, expiry is decided by the database's.
import { type Finding, note, ok, problem } from './finding.ts';

const CHECK = 'clock';
/** Milliseconds. HTTP dates are whole seconds, and the answer was under way. */
const NOTE_MS = 3_000;
/** Apps tolerate some seconds; the engine 15. */
const PROBLEM_MS = 10_000;

export interface Clocks {
  readonly here: Date;
  readonly database: Date;
  /** The Date header of the issuer's answer, and when it came. */
  readonly issuer?: { readonly date: Date; readonly at: Date } | undefined;
}

export function clockFindings({ here, database, issuer }: Clocks): Finding[] {
  const findings = [
    ...compared('the database', here.getTime() - database.getTime()),
    ...(issuer === undefined ? [] : compared('the issuer', issuer.at.getTime() - issuer.date.getTime())),
  ];
  return findings.length > 0 ? findings : [ok(CHECK, 'agrees with the database and with the issuer')];
}

function compared(whose: string, aheadMs: number): Finding[] {
  const off = Math.abs(aheadMs);
  if (off <= NOTE_MS) return [];
  const message = `This machine is ${Math.round(off / 1000)} s ${aheadMs > 0 ? 'ahead of' : 'behind'} ${whose}`;
  const fix =
    'Run a time service (chrony, systemd-timesyncd) on both machines. Codes of authenticator apps and tokens depend on it.';
  return [off > PROBLEM_MS ? problem(CHECK, message, fix) : note(CHECK, message, fix)];
}
