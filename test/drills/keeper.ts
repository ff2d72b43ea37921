// A program that makes accounts through the API, and remembers every one that it was told is there.
import { answerOf, type Place } from '../cli/command-line.ts';
import { base, serviceFile, tokenFor } from '../support/api.ts';

/** What its client file is, and what settings it needs. */
export const KEEPER = { keeper: serviceFile('keeper', ['accounts:read', 'accounts:write']) };
export const BUSY = 'api: { requests_per_minute: 1000000, refusals_per_minute: 1000000 }\n';

export interface Keeper {
  /** Ids that an answer has named. */
  readonly acknowledged: readonly string[];
  /** @throws when nobody answers */
  makes(): Promise<Response>;
}

/** Tokens of services are good for ten minutes. */
const TOKEN_SECONDS = 300;
const SCOPE = 'accounts:read accounts:write';

export async function startKeeper(issuer: string, place: Place): Promise<Keeper> {
  await answerOf(place, ['role', 'grant', 'gatehouse:admin', '--client', 'keeper']);
  const acknowledged: string[] = [];
  const newToken = () => tokenFor({ issuer }, { clientId: 'keeper', scope: SCOPE });
  let token = await newToken();
  let renewed = performance.now();
  return {
    acknowledged,
    async makes() {
      if (performance.now() - renewed > TOKEN_SECONDS * 1000) {
        token = await newToken();
        renewed = performance.now();
      }
      const answer = await fetch(`${base({ issuer })}/accounts`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ email: `${crypto.randomUUID()}@example.test`, name: 'Somebody Made by a Program' }),
      });
      const text = await answer.text();
      if (answer.status === 201) acknowledged.push((JSON.parse(text) as { id: string }).id);
      return answer;
    },
  };
}
