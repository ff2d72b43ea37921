// In which language somebody is told, and from where something was done, in words.

import type { Source } from '../audit/audit-log.ts';
import type { Where } from '../mail/messages.ts';
import { deviceName } from '../texts/device-name.ts';
import { LANGUAGES, type Language, textsIn } from '../texts/messages.ts';
import type { Account } from './account.ts';

/** Their own, where it is known and one of ours, wherever it is spoken (`de-AT`); else the page's, or the first. */
export const languageFor = ({ language }: Pick<Account, 'language'>, otherwise?: Language): Language =>
  LANGUAGES.find((each) => each === language?.split('-')[0]) ?? otherwise ?? (LANGUAGES[0] as Language);

/** Empty where there was no request: the command line. */
export const whereFrom = (source: Source | undefined, language: Language): Where =>
  source === undefined
    ? { device: '', address: '' }
    : { device: deviceName(textsIn(language), source.userAgent), address: source.address };
