// T41: wrong passwords in parallel, over several processes and by both names of an account, are no more than the limit.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { postgresAvailable } from '../support/database.ts';
import { atSignIn, countOf, inLanes, numbers, triesPassword } from '../support/guessing.ts';
import { type Fleet, startFleet } from '../support/siblings.ts';
import { PASSWORD, startTestServer, type TestServer } from '../support/start-server.ts';

const TRIES = 200;
const LIMIT = 10;

describe.skipIf(!postgresAvailable())(
  'T41 parallel passwords: Zitadel GHSA-7h8m-vrxx-vr4m; Authelia CVE-2025-24806; ASVS 6.3.1',
  () => {
    let server: TestServer;
    let fleet: Fleet;

    beforeAll(async () => {
      server = await startTestServer({ database: 'postgres' });
      await server.person({ email: 'bob@example.test', username: 'bobby' });
      fleet = await startFleet(server);
    });

    afterAll(async () => {
      await fleet?.stop();
      await server.stop();
    });

    /** What reached the hasher and was wrong leaves an event, whichever process it was. */
    const verified = async (): Promise<number> => {
      const { db } = server.database;
      return (await db.selectFrom('audit_events').select('id').where('event', '=', 'sign_in.failed').execute()).length;
    };

    test(`of ${TRIES} wrong passwords at once over three processes ${LIMIT} are verified, by e-mail and username together`, async () => {
      const browsers = await inLanes(fleet.sends, 3, (send) => atSignIn(server.issuer, { send }));
      const statuses = await inLanes(numbers(TRIES), TRIES, (at) =>
        triesPassword(
          browsers[at % browsers.length]!,
          at % 2 === 0 ? 'bob@example.test' : 'BOBBY',
          `wrong password ${at}`,
        ),
      );
      // With many at once some are told that the server is busy (503); those were not looked at either.
      expect(countOf(statuses, 400)).toBeLessThanOrEqual(LIMIT);
      expect(countOf(statuses, 400) + countOf(statuses, 429) + countOf(statuses, 503)).toBe(TRIES);
      expect(await verified()).toBe(countOf(statuses, 400));
      for (const at of numbers(LIMIT)) await triesPassword(browsers[at % 3]!, 'bobby');
      expect(await verified()).toBe(LIMIT);
      for (const browser of browsers) expect(await triesPassword(browser, 'bob@example.test', PASSWORD)).toBe(429);
    });

    test(`an account that there is not has ${LIMIT} as well`, async () => {
      const before = await verified();
      const browsers = await inLanes(fleet.sends, 3, (send) => atSignIn(server.issuer, { send }));
      const statuses = await inLanes(numbers(40), 40, (at) =>
        triesPassword(browsers[at % browsers.length]!, at % 2 === 0 ? 'ghost@example.test' : 'GHOST@example.test'),
      );
      expect(countOf(statuses, 400)).toBe(LIMIT);
      expect((await verified()) - before).toBe(LIMIT);
    });
  },
);
