// A refused request becomes facts: the first kind that recognises it.
import type { Diagnosis, Facts } from './facts.ts';
import type { FailedRequest, Known } from './failed-request.ts';
import { harmless } from './harmless.ts';
import { resources, scopes } from './kinds/access.ts';
import { addresses } from './kinds/addresses.ts';
import { clientAuthentication } from './kinds/client-authentication.ts';
import { clients } from './kinds/clients.ts';
import { dpop } from './kinds/dpop.ts';
import { grantTypes, redemption } from './kinds/grants.ts';
import { accessTokens, outcomes } from './kinds/outcomes.ts';
import { pkce } from './kinds/pkce.ts';
import { refusals } from './kinds/refusals.ts';
import { parameters, pushedRequests } from './kinds/requests.ts';

type Kind = (request: FailedRequest, known: Known) => Diagnosis | undefined;

/** What the engine says in one sentence for several mistakes is told apart by the earlier ones. */
const KINDS: readonly Kind[] = [
  addresses,
  clients,
  pkce,
  dpop,
  clientAuthentication,
  scopes,
  resources,
  grantTypes,
  refusals,
  redemption,
  pushedRequests,
  accessTokens,
  outcomes,
  parameters,
];

export function diagnose(request: FailedRequest, known: Known): Facts {
  const { endpoint, error, description, detail } = request;
  const diagnosis = firstOf(request, known) ?? { case: 'other' };
  const client = known.clients.get(request.clientId ?? '');
  return {
    endpoint,
    error,
    ...(description === undefined ? {} : { description: harmless(description) }),
    ...(detail === undefined ? {} : { detail: harmless(detail) }),
    ...(client === undefined ? {} : { place: placeOf(client.source, diagnosis.key) }),
    ...diagnosis,
  };
}

function firstOf(request: FailedRequest, known: Known): Diagnosis | undefined {
  for (const kind of KINDS) {
    const diagnosis = kind(request, known);
    if (diagnosis !== undefined) return diagnosis;
  }
  return undefined;
}

interface Source {
  readonly file: string;
  readonly line: number;
  readonly lines: Readonly<Record<string, number>>;
}

/** The line of the very key, or of client_id where the file leaves the key to its default. */
export const placeOf = ({ file, line, lines }: Source, key: string | undefined): { file: string; line: number } => ({
  file,
  line: (key === undefined ? undefined : lines[key]) ?? line,
});
