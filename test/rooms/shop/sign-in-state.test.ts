// What the demo shop remembers about sign-ins on their way and people who are in.
import { describe, expect, test } from 'vitest';
import { decodeJwt } from '../../../examples/shop/account-page.ts';
import { createPendingSignIns, PENDING_SECONDS } from '../../../examples/shop/pending-sign-ins.ts';
import { returnPath } from '../../../examples/shop/return-to.ts';
import { createSessions, SESSION_IDLE_SECONDS } from '../../../examples/shop/session.ts';
import { personNamed } from './person.ts';

const startedWith = (state: string) => ({ attempt: { state, nonce: 'n', codeVerifier: 'v' }, returnTo: `/${state}` });

describe('a sign-in on its way', () => {
  test('two tabs both finish, in any order', () => {
    const pending = createPendingSignIns();
    pending.remember(startedWith('first'));
    pending.remember(startedWith('second'));
    expect(pending.consume('second')?.returnTo).toBe('/second');
    expect(pending.consume('first')?.returnTo).toBe('/first');
  });

  test('is finished once', () => {
    const pending = createPendingSignIns();
    pending.remember(startedWith('once'));
    expect(pending.consume('once')).toBeDefined();
    expect(pending.consume('once')).toBeUndefined();
  });

  test('is forgotten when it took too long', () => {
    let now = 0;
    const pending = createPendingSignIns(() => now);
    pending.remember(startedWith('slow'));
    now = PENDING_SECONDS * 1000 + 1;
    expect(pending.consume('slow')).toBeUndefined();
  });
});

describe('a session of the shop', () => {
  test('gets a new id and a new form token at every sign-in', () => {
    const sessions = createSessions();
    const [first, second] = [sessions.begin(personNamed('alice')), sessions.begin(personNamed('alice'))];
    expect(second.id).not.toBe(first.id);
    expect(second.csrfToken).not.toBe(first.csrfToken);
  });

  test('ends when it was not used for long enough, and use keeps it', () => {
    let now = 0;
    const sessions = createSessions(() => now);
    const { id } = sessions.begin(personNamed('alice'));
    now += SESSION_IDLE_SECONDS * 1000;
    expect(sessions.find(id)?.person.subject).toBe('alice');
    now += SESSION_IDLE_SECONDS * 1000;
    expect(sessions.find(id)?.person.subject).toBe('alice');
    now += SESSION_IDLE_SECONDS * 1000 + 1;
    expect(sessions.find(id)).toBeUndefined();
  });

  test('counts refreshes and remembers when the ID token before was issued', () => {
    const sessions = createSessions();
    const { id } = sessions.begin(personNamed('alice', [], 100));
    sessions.replacePerson(id, personNamed('alice', ['vendor'], 200));
    expect(sessions.find(id)).toMatchObject({ refreshes: 1, issuedBefore: 100, person: { roles: ['vendor'] } });
  });

  test('shows a notice once', () => {
    const sessions = createSessions();
    const { id } = sessions.begin(personNamed('alice'));
    sessions.leaveNotice(id, 'Saved.');
    expect(sessions.takeNotice(id)).toBe('Saved.');
    expect(sessions.takeNotice(id)).toBeUndefined();
  });

  test('that has ended is not brought back by a refresh that comes late', () => {
    const sessions = createSessions();
    const { id } = sessions.begin(personNamed('alice'));
    sessions.end(id);
    sessions.replacePerson(id, personNamed('alice'));
    expect(sessions.find(id)).toBeUndefined();
  });
});

describe('the page to return to', () => {
  const shop = 'http://localhost:3001';

  test.each(['/account', '/listings/globe?x=1'])('may be %s', (target) => {
    expect(returnPath(target, shop)).toBe(target);
  });

  test.each([
    undefined,
    'https://evil.example/',
    '//evil.example/',
    '/\\evil.example/',
    '\\\\evil.example',
    'javascript:alert(1)',
    'http://localhost:3001.evil.example/',
    'http://user@evil.example',
  ])('is the front page instead of %s', (target) => {
    expect(returnPath(target, shop)).toBe('/');
  });

  test.each(['/.//evil.example', '/%2e//evil.example', '/x/..//evil.example'])(
    'never reads as a host: %s',
    (target) => {
      expect(new URL(returnPath(target, shop), shop).origin).toBe(shop);
    },
  );
});

describe('an access token taken apart', () => {
  const encoded = (value: string) => Buffer.from(value).toString('base64url');

  test('shows the claims of a JWT', () => {
    expect(decodeJwt(`${encoded('{}')}.${encoded('{"sub":"ä"}')}.signature`)).toEqual({ sub: 'ä' });
  });

  test.each(['opaque', 'a.b', `x.${encoded('no json')}.y`])('shows nothing of %j', (token) => {
    expect(decodeJwt(token)).toBeUndefined();
  });
});
