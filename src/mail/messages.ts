// Which mails there are, and what each of them needs. Links are absolute and made from the issuer, never from a request.

/** Where something was done: in words for people, made by whoever has the request. */
export interface Where {
  /** `Firefox on Windows`; an empty text where it is not known. */
  readonly device: string;
  /** IP address, or what is shown in its place. */
  readonly address: string;
}

export type MailMessage =
  /** Somebody signs up with this address. */
  | { readonly mail: 'verify_email'; readonly code: string; readonly link: string; readonly app: string }
  /** Somebody signs up with an address that has an account: its owner is told instead. */
  | { readonly mail: 'already_registered'; readonly signInLink: string; readonly resetLink: string }
  | { readonly mail: 'welcome'; readonly accountLink: string }
  | { readonly mail: 'invitation'; readonly link: string; readonly days: number }
  | {
      readonly mail: 'reset_password';
      readonly link: string;
      readonly minutes: number;
      readonly where: Where;
      /** Who has asked for it, where it was not, perhaps, the reader. */
      readonly by?: 'administrator';
    }
  /** By its owner, or by a reset. */
  | { readonly mail: 'password_changed'; readonly resetLink: string; readonly where: Where }
  /** To the new address; or to the present one (`own`), which nobody has proved yet. */
  | { readonly mail: 'confirm_email'; readonly link: string; readonly hours: number; readonly own?: boolean }
  /** To the old address, as soon as it is asked for. */
  | { readonly mail: 'email_change_requested'; readonly newEmail: string; readonly where: Where }
  /** To the old address, with the way to undo it; and to the new one, without. */
  | {
      readonly mail: 'email_changed';
      readonly newEmail: string;
      readonly undo?: { readonly link: string; readonly hours: number };
    }
  /** An empty one: there is none any more. */
  | {
      readonly mail: 'username_changed';
      readonly username: string;
      readonly where: Where;
      readonly accountLink: string;
    }
  /** Somebody knows the password, in a browser that the account does not know, while an alarm stands. */
  | {
      readonly mail: 'sign_in_code';
      readonly code: string;
      readonly minutes: number;
      readonly where: Where;
      readonly resetLink: string;
    }
  | { readonly mail: 'new_device'; readonly where: Where; readonly accountLink: string }
  | { readonly mail: 'factor_added'; readonly factor: string; readonly where: Where; readonly accountLink: string }
  | { readonly mail: 'factor_removed'; readonly factor: string; readonly where: Where; readonly accountLink: string }
  | { readonly mail: 'recovery_code_used'; readonly left: number; readonly where: Where; readonly accountLink: string }
  | { readonly mail: 'recovery_codes_renewed'; readonly where: Where; readonly accountLink: string }
  | { readonly mail: 'account_banned' }
  /** `until`: ISO 8601; the link keeps the account. */
  | { readonly mail: 'account_deletion_requested'; readonly until: string; readonly keepLink: string }
  | { readonly mail: 'account_deletion_cancelled' }
  | { readonly mail: 'account_deleted' }
  /** From the command line, to see whether mails arrive. */
  | { readonly mail: 'test' };

export type MailName = MailMessage['mail'];
