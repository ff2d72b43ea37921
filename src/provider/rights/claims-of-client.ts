// What an access token says of a client that acts for itself.
import type { Client } from '../../clients/client.ts';
import type { Config } from '../../config/config.ts';
import type { Db } from '../../database/database.ts';
import { readAlone } from '../../database/transactions/after-commit.ts';
import { rightsOfClient } from '../../roles/rights.ts';
import { ownRightClaims, resourcesOf } from './right-claims.ts';

/** As it is now: the roles of its file and those it was given, with all that they include. */
export async function claimsOfClient(
  { db, config }: { db: Db; config: Config },
  client: Client,
  audience: string | undefined,
): Promise<Record<string, unknown>> {
  const resources = resourcesOf(client, config.tokens.defaultAudience);
  const whose = { clientId: client.clientId, assigned: client.roles.assign, resources };
  // Mostly all that a client asks the database for, and the busiest ask many times at once.
  const rights = await readAlone(db, `rights-of-client:${JSON.stringify(whose)}`, () => rightsOfClient({ db }, whose));
  return ownRightClaims(client, rights, audience);
}
