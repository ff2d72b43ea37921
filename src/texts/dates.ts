// A moment as people read it: "3 hours ago" within a day, else the date; the whole of it for who wants to know exactly.
import type { Language } from './messages.ts';

export interface Moment {
  /** For machines: the `datetime` of a <time>. */
  readonly iso: string;
  /** Relative under a day, before and after `now`; else the date alone. */
  readonly shown: string;
  /** Date and time with the zone. */
  readonly full: string;
}

/** Which zone a person is in is not known without script; the zone is always named. */
const ZONE = 'UTC';

const DAY_SECONDS = 86_400;

interface Formats {
  readonly relative: Intl.RelativeTimeFormat;
  readonly date: Intl.DateTimeFormat;
  readonly day: Intl.DateTimeFormat;
  readonly full: Intl.DateTimeFormat;
}

const made = new Map<Language, Formats>();

export function momentIn(language: Language, { date, now }: { date: Date; now: Date }): Moment {
  const formats = formatsIn(language);
  const seconds = Math.trunc((date.getTime() - now.getTime()) / 1000);
  const shown =
    Math.abs(seconds) < DAY_SECONDS ? formats.relative.format(...inUnits(seconds)) : formats.date.format(date);
  return { iso: date.toISOString(), shown, full: formats.full.format(date) };
}

/** Date and time with the zone, for a sentence or a mail: "22 November 2026 at 08:11 UTC". */
export const fullDate = (language: Language, date: Date): string => formatsIn(language).full.format(date);

/** The date alone. */
export const mediumDate = (language: Language, date: Date): string => formatsIn(language).date.format(date);

/** Day and month, for an axis. */
export const dayOfYear = (language: Language, date: Date): string => formatsIn(language).day.format(date);

/** The locale's own word for less than a minute is "now". */
function inUnits(seconds: number): [amount: number, unit: 'second' | 'minute' | 'hour'] {
  const distance = Math.abs(seconds);
  if (distance < 60) return [0, 'second'];
  return distance < 3600 ? [Math.trunc(seconds / 60), 'minute'] : [Math.trunc(seconds / 3600), 'hour'];
}

function formatsIn(language: Language): Formats {
  const known = made.get(language);
  if (known !== undefined) return known;
  const formats = {
    relative: new Intl.RelativeTimeFormat(language, { numeric: 'auto' }),
    date: new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeZone: ZONE }),
    day: new Intl.DateTimeFormat(language, { month: 'short', day: 'numeric', timeZone: ZONE }),
    full: new Intl.DateTimeFormat(language, {
      year: 'numeric',
      month: 'long',
      day: 'numeric',
      hour: '2-digit',
      minute: '2-digit',
      timeZone: ZONE,
      timeZoneName: 'short',
    }),
  };
  made.set(language, formats);
  return formats;
}
