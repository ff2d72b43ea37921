import { expect, test } from 'vitest';
import { fullDate, momentIn } from '../../../src/texts/dates.ts';

const now = new Date('2026-05-04T10:00:00Z');
const shown = (language: 'en' | 'de', iso: string) => momentIn(language, { date: new Date(iso), now }).shown;

test.each([
  ['2026-05-04T09:59:30Z', 'now', 'jetzt'],
  ['2026-05-04T09:59:00Z', '1 minute ago', 'vor 1 Minute'],
  ['2026-05-04T07:00:01Z', '2 hours ago', 'vor 2 Stunden'],
  ['2026-05-04T13:30:00Z', 'in 3 hours', 'in 3 Stunden'],
  ['2026-05-03T10:00:01Z', '23 hours ago', 'vor 23 Stunden'],
  ['2026-05-03T10:00:00Z', 'May 3, 2026', '03.05.2026'],
  ['2026-06-04T10:00:00Z', 'Jun 4, 2026', '04.06.2026'],
])('%s is shown as %j', (iso, english, german) => {
  expect(shown('en', iso)).toBe(english);
  expect(shown('de', iso)).toBe(german);
});

test('the whole of it names the zone', () => {
  expect(momentIn('en', { date: now, now })).toMatchObject({
    iso: '2026-05-04T10:00:00.000Z',
    full: 'May 4, 2026 at 10:00 AM UTC',
  });
  expect(fullDate('de', now)).toBe('4. Mai 2026 um 10:00 UTC');
});
