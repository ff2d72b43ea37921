// People say of themselves what they like, attributes of their operator among it; what is wrong comes back with their words.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { listEventsOf } from '../../src/audit/audit-log.ts';
import { findProfile } from '../../src/profiles/profiles.ts';
import { answerOf, developmentPlace, failureOf } from '../cli/command-line.ts';
import type { Browser } from '../support/browser.ts';
import { RESOURCES, startTestServer, type TestServer } from '../support/start-server.ts';
import { visitsAndSignsIn } from '../support/visits.ts';

const ATTRIBUTES = `
attributes:
  department: { label: Department, type: enum, choices: [Sales, Support], scope: company }
  shirt: { label: Shirt size, type: enum, choices: [S, M, L], edit: user, scope: company, required: true }
  topics: { label: Topics, type: list, choices: [News, Offers, Events], edit: user, scope: profile }
  langs: { label: Languages, type: list, edit: user, scope: profile }
  remote: { label: Works remotely, type: boolean, edit: user, scope: company }
`;

const ASK = `
client_id: ask
client_name: Asking App
preset: spa
redirect_uris: ["https://spa.example.test/callback"]
scope: openid profile phone address company
`;

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer({
    settings: ATTRIBUTES + RESOURCES,
    clients: { asking: ASK.replace('id: ask', 'id: asking') },
  });
});
afterAll(() => server.stop());

let people = 0;
async function atProfile(): Promise<{ browser: Browser; id: string; email: string }> {
  people += 1;
  const email = `person-${people}@example.test`;
  const { id } = await server.person({ email, name: 'Jane' });
  const { browser } = await visitsAndSignsIn(server, { identifier: email });
  return { browser: await browser.open(`${server.issuer}/account/profile`), id, email };
}

const profileOf = (id: string) => findProfile(server.database.db, id);

test('what is saved is there, as people meant it, and noted by the names of fields alone', async () => {
  const { browser, id } = await atProfile();
  await browser.submit(
    {
      name: '  Jane Doe ',
      birthdate: '1985-04-12',
      phone_number: '+49 (30) 123-4567',
      zoneinfo: 'Europe/Berlin',
      locale: 'de_at',
      website: 'https://example.test/jane',
      street_address: 'Street 1\n\n 2nd floor ',
      attribute_shirt: 'M',
      attribute_langs: 'German\nEnglish\nGerman',
      attribute_remote: 'true',
      'attribute_topics.0': 'yes',
      'attribute_topics.2': 'yes',
    },
    'Save',
  );
  expect(browser.text).toContain('Your profile has been saved.');
  expect(await profileOf(id)).toEqual({
    claims: {
      birthdate: '1985-04-12',
      phone_number: '+49301234567',
      zoneinfo: 'Europe/Berlin',
      locale: 'de-AT',
      website: 'https://example.test/jane',
      street_address: 'Street 1\n2nd floor',
    },
    attributes: { shirt: 'M', langs: ['German', 'English'], remote: true, topics: ['News', 'Events'] },
  });
  const [event] = await listEventsOf(server.database.db, id, { limit: 1 });
  expect(event?.event).toBe('profile.changed');
  expect(JSON.stringify(event)).toContain('phone_number');
  expect(JSON.stringify(event)).not.toContain('4930');
  expect(browser.document.querySelector('#name')?.getAttribute('value')).toBe('Jane Doe');
});

test('all mistakes are told at once, beside their fields, what was typed stays, and nothing is saved', async () => {
  const { browser, id } = await atProfile();
  const wrong = {
    birthdate: '2026-02-30',
    picture: 'http://example.test/x.png',
    phone_number: '030 1234567',
    locale: 'not a tag',
    nickname: 'x'.repeat(101),
    attribute_shirt: '',
  };
  await browser.submit(wrong, 'Save');
  expect(browser.page.status).toBe(400);
  expect(browser.text).toContain('6 entries need another look');
  for (const [name, value] of Object.entries(wrong)) {
    expect(browser.document.querySelector(`#${name}-error`)?.textContent).toBeTruthy();
    if (name !== 'attribute_shirt') {
      expect(browser.document.querySelector(`#${name}`)?.getAttribute('value')).toBe(value);
    }
  }
  expect(await profileOf(id)).toEqual({ claims: {}, attributes: {} });
});

test('an empty field takes away what stood there; saving the same again changes nothing', async () => {
  const { browser, id } = await atProfile();
  await browser.submit({ nickname: 'J', attribute_shirt: 'S', 'attribute_topics.1': 'yes' }, 'Save');
  await browser.submit({ nickname: '', attribute_topics: '' }, 'Save');
  expect(await profileOf(id)).toMatchObject({ claims: {}, attributes: { shirt: 'S' } });
  const events = await listEventsOf(server.database.db, id, { limit: 10 });
  await browser.submit({ nickname: '' }, 'Save');
  expect(await listEventsOf(server.database.db, id, { limit: 10 })).toEqual(events);
});

test('what only operators change is shown to its owner, and changed on the command line', async () => {
  const { browser, id, email } = await atProfile();
  const place = developmentPlace(server.dataDir, { 'config/gatehouse.yaml': ATTRIBUTES });
  expect(await answerOf(place, ['user', 'set', email, 'department=Sales', 'given_name=Jane', 'langs=de|en'])).toEqual({
    id,
    email,
    changed: ['given_name', 'department', 'langs'],
  });
  expect(await answerOf(place, ['user', 'show', email])).toMatchObject({
    profile: { given_name: 'Jane' },
    attributes: { department: 'Sales', langs: ['de', 'en'] },
  });
  await browser.open(`${server.issuer}/account/profile`);
  expect(browser.text).toContain('Kept about you');
  expect(browser.text).toMatch(/Department ?Sales/);
  expect(browser.document.querySelector('[name=attribute_department]')).toBeNull();
  for (const wrong of ['department=Nowhere', 'shirt=', 'colour=red', 'nonsense', 'email=x@y.test', 'birthdate=soon']) {
    expect((await failureOf(place, ['user', 'set', email, wrong])).code).toBe('invalid');
  }
  expect(await answerOf(place, ['user', 'set', email, 'department='])).toMatchObject({ changed: ['department'] });
});

test('the consent page says what an app will see of it, in the operator’s words where these are theirs', async () => {
  const { email } = await atProfile();
  const visit = await visitsAndSignsIn(server, {
    identifier: email,
    params: {
      client_id: 'asking',
      redirect_uri: 'https://spa.example.test/callback',
      scope: 'openid profile phone address company',
    },
  });
  const { text } = visit.browser;
  expect(text).toContain('See your phone number');
  expect(text).toContain('See your postal address');
  expect(text).toContain('See what is kept about you here: Department, Shirt size, and Works remotely');
  expect(text).toContain('and what is kept about you here: Topics and Languages');
});
