// What is wrong with a password, in the words of the pages.
import type { Texts } from '../texts/messages.ts';
import type { PasswordFlaw } from './password-rules.ts';

export function sayFlaw(t: Texts, flaw: PasswordFlaw): string {
  switch (flaw.flaw) {
    case 'too_short':
      return t('password.too_short', { least: String(flaw.least), length: String(flaw.length) });
    case 'too_long':
      return t('password.too_long', { most: String(flaw.most) });
    case 'common':
      return t('password.common');
    case 'mostly_names':
      return t('password.mostly_names');
  }
}
