// T62: many people at once, and nobody ever gets what belongs to somebody else. `SIGN_INS=50` is the whole drill: 2,500.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Account } from '../../src/accounts/account.ts';
import { RESOURCES, SPA_CALLBACK, startTestServer, type TestServer } from '../support/start-server.ts';
import { tokensOf, userinfo, visitsAndSignsIn } from '../support/visits.ts';

const PEOPLE = 50;
const SIGN_INS_EACH = Number(process.env['SIGN_INS'] ?? 2);

describe('T62 state shared between requests: Tinyauth CVE-2026-33544; Oathkeeper CVE-2026-33496, GHSA-qvp4-rpmr-xwrr', () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await startTestServer({ settings: `limits: { hash_queue: 1000 }\n${RESOURCES}` });
  });

  afterAll(() => server.stop());

  test(`${PEOPLE} people sign in ${SIGN_INS_EACH} times each, all at once, to two apps: 0 mix-ups`, async () => {
    const people = await Promise.all(
      Array.from({ length: PEOPLE }, (_, at) =>
        server.person({ email: `person${at}@example.test`, name: `Person ${at}`, roles: [`role-${at}`] }),
      ),
    );
    let right = 0;
    const wrong: string[] = [];
    const signsIn = async (person: Account, at: number): Promise<void> => {
      const spa = { client_id: 'spa', redirect_uri: SPA_CALLBACK };
      const visit = await visitsAndSignsIn(server, { identifier: person.email, params: at % 2 === 0 ? {} : spa });
      const { idToken, ...tokens } = await tokensOf(server, visit);
      const told = (await (await userinfo(server, tokens)).json()) as Record<string, unknown>;
      const mine = { sub: person.id, email: person.email, name: person.displayName };
      const isMine = Object.entries(mine).every(([name, value]) => idToken[name] === value && told[name] === value);
      const roles = [idToken['roles'], told['roles']].map((each) => String(each));
      const own = isMine && roles.every((each) => each === `role-${people.indexOf(person)}`);
      if (own && idToken['nonce'] === visit.request.nonce) right += 1;
      else wrong.push(`${person.email}: ${JSON.stringify({ idToken, told })}`);
    };
    for (let round = 0; round < SIGN_INS_EACH; round += 1) {
      await Promise.all(people.map((person, at) => signsIn(person, at + round)));
    }
    expect(wrong).toEqual([]);
    expect(right).toBe(PEOPLE * SIGN_INS_EACH);
  }, 900_000);
});
