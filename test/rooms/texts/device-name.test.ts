import { expect, test } from 'vitest';
import { deviceLabel, deviceName } from '../../../src/texts/device-name.ts';
import { textsIn } from '../../../src/texts/messages.ts';

const WEBKIT = 'AppleWebKit/537.36 (KHTML, like Gecko)';

test.each([
  ['Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0', 'Firefox on Windows'],
  [
    `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${WEBKIT} Chrome/126.0 Safari/537.36 Edg/126.0`,
    'Microsoft Edge on Windows',
  ],
  [`Mozilla/5.0 (Linux; Android 14; Pixel 8) ${WEBKIT} Chrome/126.0 Mobile Safari/537.36`, 'Chrome on Android'],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1',
    'Safari on iOS',
  ],
  [`Mozilla/5.0 (X11; Linux x86_64) ${WEBKIT} HeadlessChrome/156.0 Safari/537.36`, 'Chrome on Linux'],
])('%s is called %s', (userAgent, name) => {
  expect(deviceName(textsIn('en'), userAgent)).toBe(name);
});

test('a language has its own words', () => {
  expect(deviceName(textsIn('de'), 'Mozilla/5.0 (Windows NT 10.0; rv:128.0) Gecko/20100101 Firefox/128.0')).toBe(
    'Firefox auf Windows',
  );
});

test.each(['', ' ', 'curl/8.1', '<script>alert(1)</script>/1.0', '\u0000', `${'x'.repeat(20_000)} Firefox/128.0`])(
  'nothing is guessed from what no browser sends',
  (userAgent) => {
    expect(deviceName(textsIn('en'), userAgent)).toBe('');
    expect(deviceLabel(textsIn('en'), userAgent)).toBe('Unknown device');
  },
);

test.each([
  'Your account is locked, visit evil.example/1.0 (x',
  'Visit https://evil.example now/1 x',
  '<b>evil</b>/1 (evil) evil',
])('who asks for a mail to somebody else puts no words of their own into it: %s', (userAgent) => {
  expect(deviceName(textsIn('en'), userAgent)).toBe('');
  expect(deviceName(textsIn('en'), `${userAgent} Windows NT 10.0`)).not.toContain('evil');
});
