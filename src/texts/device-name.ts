// A User-Agent in words for people: "Firefox on Windows". What it says is the browser's claim, and proves nothing.
import Bowser from 'bowser';
import type { Texts } from './messages.ts';

/** Browsers need some 200 characters; nobody makes us match patterns against 16 kB. */
const READ_CHARACTERS = 512;

/** Empty where nothing is known: a mail leaves it out, a list says `device_name.unknown`. */
export function deviceName(t: Texts, userAgent: string): string {
  const parser = Bowser.getParser(userAgent.slice(0, READ_CHARACTERS) || ' ');
  const [browser, system] = [parser.getBrowserName(), parser.getOSName()];
  if (browser === '' || system === '') return browser || system;
  return t('device_name.browser_on_system', { browser, system });
}

/** For lists, where a row needs a name. */
export const deviceLabel = (t: Texts, userAgent: string): string =>
  deviceName(t, userAgent) || t('device_name.unknown');
