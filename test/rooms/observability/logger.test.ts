import { describe, expect, test } from 'vitest';
import type { LoggingConfig } from '../../../src/config/config.ts';
import { createLogger, type Logger } from '../../../src/observability/logger.ts';

function written(
  format: LoggingConfig['format'],
  write: (log: Logger) => void,
  level: LoggingConfig['level'] = 'debug',
) {
  const chunks: string[] = [];
  write(createLogger({ level, format }, { write: (chunk) => void chunks.push(chunk) }));
  return chunks.join('');
}

const json = (write: (log: Logger) => void): Record<string, unknown>[] =>
  written('json', write)
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));

test('in production an event is one JSON line with its time and level by name', () => {
  const [line] = json((log) => log.info({ event: 'account.created', accountId: 'a1' }));
  expect(line).toEqual({ level: 'info', time: expect.any(String), event: 'account.created', accountId: 'a1' });
  expect(new Date(String(line?.['time'])).toISOString()).toBe(line?.['time']);
});

test('in development it is one line to read', () => {
  const text = written('pretty', (log) => log.warn({ event: 'account.created', accountId: 'a1' }));
  expect(text).toMatch(/^\[\d\d:\d\d:\d\d\.\d+\] WARN: account\.created \{"accountId":"a1"\}\n$/);
});

test('what is below the level is not written', () => {
  expect(written('json', (log) => log.info({ event: 'x' }), 'warn')).toBe('');
  expect(written('json', (log) => log.error({ event: 'x' }), 'silent')).toBe('');
});

describe('secrets stay out of the log', () => {
  const names = [
    'password',
    'newPassword',
    'new_password',
    'Password',
    'passphrase',
    'code',
    'codes',
    'recoveryCodes',
    'user_code',
    'token',
    'access_token',
    'accessToken',
    'refresh_token',
    'id_token',
    'idTokenHint',
    'tokens',
    'csrfToken',
    'client_secret',
    'clientSecret',
    'secret',
    'masterSecret',
    'totp',
    'totpSecret',
    'cookie',
    'Set-Cookie',
    'cookies',
    'authorization',
    'proxy-authorization',
    'client_assertion',
    'code_verifier',
    'DPoP',
    'privateKey',
  ]; // prettier-ignore

  const ways: [string, (name: string) => (log: Logger) => void][] = [
    ['at the top', (name) => (log) => log.info({ event: 'x', [name]: 'marked' })],
    ['deep inside', (name) => (log) => log.info({ event: 'x', a: { b: [{ c: { [name]: 'marked' } }] } })],
    ['as an object', (name) => (log) => log.info({ event: 'x', [name]: { value: 'marked' } })],
  ];

  test.each(ways)('%s', (_where, writing) => {
    for (const name of names) {
      for (const format of ['json', 'pretty'] as const) {
        const text = written(format, writing(name));
        expect(text).toContain('[redacted]');
        expect(text).not.toContain('marked');
      }
    }
  });

  test('on a child logger', () => {
    const text = written('json', (log) => log.child({ access_token: 'marked', cookie: 'marked' }).info({ event: 'x' }));
    expect(text).not.toContain('marked');
  });

  test('on an error: only its type, message, stack, code and cause are written', () => {
    const cause = Object.assign(new Error('inner'), { parameters: ['marked'] });
    const error = Object.assign(new Error('outer', { cause }), {
      parameters: ['marked'],
      config: { password: 'marked' },
      code: '23505',
    });
    for (const format of ['json', 'pretty'] as const) {
      const text = written(format, (log) => log.error({ event: 'http.defect', err: error }));
      expect(text).toContain('outer');
      expect(text).not.toContain('marked');
    }
    expect(written('pretty', (log) => log.error({ err: error }))).toContain('caused by Error: inner');
    const [line] = json((log) => log.error({ event: 'http.defect', err: error }));
    expect(line?.['err']).toMatchObject({
      type: 'Error',
      message: 'outer',
      code: '23505',
      cause: { message: 'inner' },
    });
  });

  test('in a URL: its query is dropped', () => {
    const text = written('json', (log) => log.info({ event: 'x', url: new URL('https://op.example/cb?code=marked') }));
    expect(text).toContain('https://op.example/cb');
    expect(text).not.toContain('marked');
  });

  test('in bytes', () => {
    expect(json((log) => log.info({ event: 'x', key: Buffer.from('marked') }))[0]).toMatchObject({ key: '[bytes]' });
  });

  test('but harmless neighbours are shown', () => {
    const [line] = json((log) => log.info({ statusCode: 200, errorCode: 'x', tokenType: 'jwt', passwordSet: true }));
    expect(line).toMatchObject({ statusCode: 200, errorCode: 'x', tokenType: 'jwt', passwordSet: true });
  });
});

describe('what a visitor sends cannot forge a line or drive a terminal:', () => {
  const attacks: [string, string][] = [
    ['a line break', 'a\n{"level":50,"event":"forged"}'],
    ['a carriage return', 'a\r\n[12:00:00.000] ERROR: forged'],
    ['a colour', '\u001b[31mred\u001b[0m'],
    ['an 8-bit terminal sequence', '\u009b31mred'],
    ['a line separator', 'a\u2028b\u2029c'],
    ['text that runs backwards', '\u202egnp.exe'],
    ['a backspace', 'a\b\bb\u007f'],
    ['a bell and a NUL', '\u0007\u0000'],
  ];

  const isForgery = (character: string) => {
    const point = character.codePointAt(0) ?? 0;
    return point < 0x20 || (point > 0x7e && point < 0xa0) || (point > 0x2027 && point < 0x202f);
  };

  const writings: [string, (text: string) => (log: Logger) => void][] = [
    ['as a value', (text) => (log) => log.info({ event: 'x', userAgent: text, nested: [text] })],
    ['as an event', (text) => (log) => log.info({ event: text })],
    ['on a child', (text) => (log) => log.child({ requestId: 'r' }).info({ event: 'x', userAgent: text })],
  ];

  for (const [how, writing] of writings) {
    test.each(attacks)(`%s ${how}`, (_name, text) => {
      for (const format of ['json', 'pretty'] as const) {
        const line = written(format, writing(text));
        expect(line.endsWith('\n')).toBe(true);
        expect([...line.slice(0, -1)].filter(isForgery)).toEqual([]);
      }
    });
  }

  test.each(attacks)('%s in the message of an error', (_name, text) => {
    const log = (logger: Logger) => logger.error({ event: 'x', err: new Error(text, { cause: new Error(text) }) });
    expect(json(log)).toHaveLength(1);
    const lines = written('pretty', log).split('\n');
    expect(lines.filter((line) => line !== '' && !/^(\[\d\d:\d\d:\d\d\.\d+\] ERROR: x| {4})/.test(line))).toEqual([]);
    expect([...lines.join('')].filter(isForgery)).toEqual([]);
  });
});

test('a value that contains itself is written as far as it goes', () => {
  const ring: Record<string, unknown> = { name: 'ring' };
  ring['self'] = ring;
  expect(json((log) => log.info({ event: 'x', ring }))).toHaveLength(1);
});

test('numbers that JSON does not have are no reason to fail', () => {
  expect(json((log) => log.info({ event: 'x', big: 12n, not: Number.NaN, when: new Date(0) }))[0]).toMatchObject({
    big: '12',
    when: '1970-01-01T00:00:00.000Z',
  });
});

test('what a caller made very long is cut, and its length told', () => {
  const [line] = json((log) => log.warn({ event: 'grant.error', description: 'x'.repeat(50_000) }));
  expect(String(line?.['description'])).toMatch(/^x{2000}… \(50000 characters\)$/);
});
