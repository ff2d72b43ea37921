// What each message says: which texts, in which order, with which link.
import { fullDate } from '../texts/dates.ts';
import type { Language, Texts } from '../texts/messages.ts';
import type { MailMessage, MailName, Where } from './messages.ts';

export interface Contents {
  readonly subject: string;
  readonly paragraphs: readonly string[];
  /** To be typed. */
  readonly code?: string;
  readonly facts?: readonly Fact[];
  /** What to do if it was not the reader; before the button where the button does it. */
  readonly warning?: string;
  readonly action?: { readonly label: string; readonly link: string };
  readonly notes?: readonly string[];
  /** Another way, as a sentence. */
  readonly second?: { readonly text: string; readonly label: string; readonly link: string };
  /** Why this mail came to this address. */
  readonly because: string;
}

export interface Fact {
  readonly name: string;
  readonly value: string;
}

export interface Wording {
  readonly t: Texts;
  readonly language: Language;
  readonly product: string;
  /** When it was written, which is when it happened. */
  readonly at: Date;
}

export function contentsOf(message: MailMessage, words: Wording): Contents {
  switch (message.mail) {
    case 'verify_email':
    case 'already_registered':
    case 'welcome':
    case 'invitation':
      return aboutSignUp(message, words);
    case 'sign_in_code':
    case 'reset_password':
    case 'password_changed':
      return aboutPassword(message, words);
    case 'confirm_email':
    case 'email_change_requested':
    case 'email_changed':
      return aboutAddress(message, words);
    case 'username_changed':
    case 'new_device':
    case 'factor_added':
    case 'factor_removed':
    case 'recovery_code_used':
    case 'recovery_codes_renewed':
      return aboutAccess(message, words);
    case 'account_banned':
    case 'account_deletion_requested':
    case 'account_deletion_cancelled':
    case 'account_deleted':
      return aboutEnd(message, words);
    case 'test':
      return aboutTest(message, words);
  }
}

type About<Name extends MailName> = Extract<MailMessage, { mail: Name }>;

/** What most mails have: a subject, and that they came because there is an account. */
const toOwner = ({ mail }: MailMessage, { t, product }: Wording) => ({
  subject: t(`mail.${mail}.subject`, { product }),
  because: t('mail.because.account', { product }),
});

function aboutSignUp(
  message: About<'verify_email' | 'already_registered' | 'welcome' | 'invitation'>,
  words: Wording,
): Contents {
  const { t, product } = words;
  const to = toOwner(message, words);
  switch (message.mail) {
    case 'verify_email':
      return {
        ...to,
        paragraphs: [verifying(message.app, words), t('mail.verify_email.code')],
        code: message.code,
        action: { label: t('mail.verify_email.action'), link: message.link },
        notes: [t('mail.verify_email.otherwise')],
        because: t('mail.because.entered', { product }),
      };
    case 'already_registered':
      return {
        ...to,
        paragraphs: [t('mail.already_registered.text', { product })],
        action: { label: t('mail.already_registered.action'), link: message.signInLink },
        second: {
          text: t('mail.already_registered.forgotten'),
          label: t('mail.new_password'),
          link: message.resetLink,
        },
        notes: [t('mail.already_registered.otherwise')],
      };
    case 'welcome':
      return {
        ...to,
        paragraphs: [t('mail.welcome.text', { product })],
        action: { label: t('mail.to_account'), link: message.accountLink },
      };
    case 'invitation':
      return {
        ...to,
        paragraphs: [t('mail.invitation.text', { product }), goodFor(message.days, 'day', words)],
        action: { label: t('mail.choose_password'), link: message.link },
        notes: [t('mail.invitation.otherwise')],
        because: t('mail.because.invited', { product }),
      };
  }
}

const verifying = (app: string, { t, product }: Wording): string =>
  app === '' || app === product
    ? t('mail.verify_email.text', { product })
    : t('mail.verify_email.text_app', { product, app });

function aboutPassword(
  message: About<'sign_in_code' | 'reset_password' | 'password_changed'>,
  words: Wording,
): Contents {
  const { t, product } = words;
  const to = toOwner(message, words);
  switch (message.mail) {
    case 'sign_in_code':
      return {
        ...to,
        paragraphs: [t('mail.sign_in_code.text', { product }), t('mail.sign_in_code.code')],
        code: message.code,
        facts: factsOf(message.where, words),
        notes: [t('mail.sign_in_code.good_for', { time: lasting(message.minutes, 'minute', words) })],
        second: { text: t('mail.sign_in_code.otherwise'), label: t('mail.new_password'), link: message.resetLink },
      };
    case 'reset_password':
      return {
        ...to,
        paragraphs: [t(asking(message), { product }), goodFor(message.minutes, 'minute', words)],
        action: { label: t('mail.new_password'), link: message.link },
        facts: factsOf(message.where, words),
        notes: [t(ifUnexpected(message))],
      };
    case 'password_changed':
      return {
        ...to,
        paragraphs: [t('mail.password_changed.text', { product })],
        facts: factsOf(message.where, words),
        warning: t('mail.password_changed.otherwise'),
        action: { label: t('mail.new_password'), link: message.resetLink },
      };
  }
}

const asking = ({ by }: About<'reset_password'>) =>
  by === 'administrator' ? 'mail.reset_password.text_administrator' : 'mail.reset_password.text';

const ifUnexpected = ({ by }: About<'reset_password'>) =>
  by === 'administrator' ? 'mail.reset_password.otherwise_administrator' : 'mail.reset_password.otherwise';

function aboutAddress(
  message: About<'confirm_email' | 'email_change_requested' | 'email_changed'>,
  words: Wording,
): Contents {
  const { t, product } = words;
  const to = toOwner(message, words);
  switch (message.mail) {
    case 'confirm_email':
      return {
        ...to,
        ...(message.own === true ? { subject: t('mail.verify_email.subject') } : {}),
        paragraphs: [t(confirming(message), { product }), goodFor(message.hours, 'hour', words)],
        action: { label: t('mail.confirm_email.action'), link: message.link },
        notes: [t('mail.confirm_email.otherwise')],
        because: t('mail.because.entered', { product }),
      };
    case 'email_change_requested':
      return {
        ...to,
        paragraphs: [t('mail.email_change_requested.text', { product, email: message.newEmail })],
        facts: factsOf(message.where, words),
        warning: t('mail.email_change_requested.otherwise'),
      };
    case 'email_changed': {
      const told = {
        ...to,
        paragraphs: [t('mail.email_changed.text', { product, email: message.newEmail })],
      };
      if (message.undo === undefined) return told;
      return {
        ...told,
        warning: `${t('mail.email_changed.otherwise')} ${goodFor(message.undo.hours, 'hour', words)}`,
        action: { label: t('mail.email_changed.action'), link: message.undo.link },
      };
    }
  }
}

const confirming = ({ own }: About<'confirm_email'>) =>
  own === true ? 'mail.confirm_email.text_own' : 'mail.confirm_email.text';

type Happened = About<
  | 'username_changed'
  | 'new_device'
  | 'factor_added'
  | 'factor_removed'
  | 'recovery_code_used'
  | 'recovery_codes_renewed'
>;

const aboutAccess = (message: Happened, words: Wording): Contents => ({
  ...toOwner(message, words),
  paragraphs: [whatHappened(message, words)],
  facts: factsOf(message.where, words),
  warning: words.t(`mail.${message.mail}.otherwise`),
  action: { label: words.t('mail.to_account'), link: message.accountLink },
});

function whatHappened(message: Happened, { t, product }: Wording): string {
  switch (message.mail) {
    case 'new_device':
    case 'recovery_codes_renewed':
      return t(`mail.${message.mail}.text`, { product });
    case 'username_changed': {
      const { username } = message;
      return username === ''
        ? t('mail.username_changed.text_none', { product })
        : t('mail.username_changed.text', { product, username });
    }
    case 'factor_added':
    case 'factor_removed':
      return t(`mail.${message.mail}.text`, { product, factor: message.factor });
    case 'recovery_code_used': {
      const left = t.count('mail.recovery_code_used.left', message.left);
      return `${t('mail.recovery_code_used.text', { product })} ${left}`;
    }
  }
}

function aboutEnd(
  message: About<'account_banned' | 'account_deletion_requested' | 'account_deletion_cancelled' | 'account_deleted'>,
  words: Wording,
): Contents {
  const { t, product } = words;
  const to = toOwner(message, words);
  switch (message.mail) {
    case 'account_banned':
      return { ...to, paragraphs: [t('mail.account_banned.text', { product })] };
    case 'account_deletion_requested': {
      const when = fullDate(words.language, new Date(message.until));
      return {
        ...to,
        paragraphs: [t('mail.account_deletion_requested.text', { product, when })],
        warning: t('mail.account_deletion_requested.otherwise'),
        action: { label: t('mail.account_deletion_requested.action'), link: message.keepLink },
      };
    }
    case 'account_deletion_cancelled':
      return { ...to, paragraphs: [t('mail.account_deletion_cancelled.text', { product })] };
    case 'account_deleted':
      return {
        ...to,
        paragraphs: [t('mail.account_deleted.text', { product })],
        because: t('mail.because.deleted', { product }),
      };
  }
}

const aboutTest = (message: About<'test'>, words: Wording): Contents => ({
  ...toOwner(message, words),
  paragraphs: [words.t('mail.test.text', { product: words.product })],
  because: words.t('mail.because.invited', { product: words.product }),
});

/** The link works for 20 minutes. */
const goodFor = (amount: number, unit: Unit, words: Wording): string =>
  words.t('mail.good_for', { time: lasting(amount, unit, words) });

type Unit = 'minute' | 'hour' | 'day';

const lasting = (amount: number, unit: Unit, { language }: Wording): string =>
  new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' }).format(amount);

function factsOf({ device, address }: Where, { t, language, at }: Wording): readonly Fact[] {
  const facts = [
    { name: t('mail.fact.device'), value: device },
    { name: t('mail.fact.address'), value: address },
    { name: t('mail.fact.time'), value: fullDate(language, at) },
  ];
  return facts.filter(({ value }) => value !== '');
}
