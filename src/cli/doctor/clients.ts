// The apps: what the server would refuse, what it warns of, and secrets that end.
import type { Client } from '../../clients/client.ts';
import { SECRET_SOON_DAYS, secretDaysLeft } from '../../clients/live/secret-age.ts';
import { problemLines } from '../../config/problem.ts';
import { count } from '../output.ts';
import { type Finding, note, ok, problem } from './finding.ts';
import type { Configured } from './surroundings.ts';

const CHECK = 'clients';

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

export function secretFindings(client: Pick<Client, 'clientId' | 'secrets'>, now: Date): Finding[] {
  const { clientId } = client;
  const days = secretDaysLeft(client, now);
  if (days === undefined || days >= SECRET_SOON_DAYS) return [];
  const fix = `Add a new one with "gatehouse client secret new ${clientId}" and give it to the app.`;
  if (days <= 0) return [problem(CHECK, `${clientId}: every secret has expired, so the app is locked out`, fix)];
  return [note(CHECK, `${clientId}: its last secret expires in ${count(days, 'day')}`, fix)];
}
