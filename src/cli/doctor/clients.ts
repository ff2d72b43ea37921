// The apps: what the server would refuse, what it warns of, and secrets that end.
import type { Client } from '../../clients/client.ts';
import { problemLines } from '../../config/problem.ts';
import { count } from '../output.ts';
import { type Finding, note, ok, problem } from './finding.ts';
import type { Configured } from './surroundings.ts';

const CHECK = 'clients';
const DAY_MS = 86_400_000;
/** Days. */
const SOON = 30;

export async function checkClients({ clients, warnings, clock }: Configured): Promise<Finding[]> {
  if (clients.size === 0) {
    return [
      note(CHECK, 'No app is registered', 'Write a file with "gatehouse client new"; the README has the first one.'),
    ];
  }
  // The engine takes a second to load.
  const { problemsOfEngine } = await import('../../server/engine-for-checks.ts');
  const refused = await problemsOfEngine(clients);
  const findings = [
    ...problemLines(refused).map((line) =>
      problem(CHECK, line, 'Put the file right; "gatehouse client validate" looks again.'),
    ),
    ...problemLines(warnings).map((line) => note(CHECK, line, 'The server takes it, and says so at each start.')),
    ...[...clients.values()].flatMap((client) => secretFindings(client, clock.now())),
  ];
  return findings.length > 0 ? findings : [ok(CHECK, `${count(clients.size, 'client')}, no problems`)];
}

export function secretFindings({ clientId, secrets }: Pick<Client, 'clientId' | 'secrets'>, now: Date): Finding[] {
  if (secrets.length === 0) return [];
  const left = secrets.map(({ expires }) =>
    expires === undefined ? Number.POSITIVE_INFINITY : expires.getTime() - now.getTime(),
  );
  const days = Math.max(...left) / DAY_MS;
  const fix = `Add a new one with "gatehouse client secret new ${clientId}" and give it to the app.`;
  if (days <= 0) return [problem(CHECK, `${clientId}: every secret has expired, so the app is locked out`, fix)];
  if (days < SOON)
    return [note(CHECK, `${clientId}: its last secret expires in ${count(Math.ceil(days), 'day')}`, fix)];
  return [];
}
