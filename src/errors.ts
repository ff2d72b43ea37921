// A Refusal stops a request and says why; everything else that is thrown is a defect.

export type RefusalCode =
  | 'bad_request'
  | 'not_found'
  | 'method_not_allowed'
  | 'forbidden'
  | 'cross_site_request'
  | 'too_many_attempts'
  | 'payload_too_large'
  | 'unsupported_media_type'
  | 'misdirected_request'
  | 'busy'
  | 'database_unavailable';

/** Which message: pages show it in the person's language, by the key `refused.<reason>` of the catalogue (texts/messages.ts). */
export type RefusalReason =
  | 'unknown_address'
  | 'unusable_character'
  | 'unused_method'
  | 'other_method'
  | 'no_such_file'
  | 'read_only_file'
  | 'no_such_logo'
  | 'no_such_app'
  | 'malformed'
  | 'only_forms'
  | 'unexpected_form'
  | 'form_too_long'
  | 'form_too_slow'
  | 'form_broken_off'
  | 'foreign_form'
  | 'sign_up_closed'
  | 'too_many_people'
  | 'too_many_links'
  | 'records_unreachable';

export interface RefusalDetails {
  readonly code: RefusalCode;
  /** HTTP status. */
  readonly status: number;
  /** One or two sentences a person can act on, in English: for the log and for programs. Never a secret in them. */
  readonly message: string;
  /** The same message in the catalogue of the pages; without it a page shows `message` as it is. */
  readonly reason?: RefusalReason;
  /** Seconds; becomes the Retry-After header (RFC 9110 section 10.2.3). */
  readonly retryAfterSeconds?: number;
}

export class Refusal extends Error {
  override readonly name: string = 'Refusal';
  readonly code: RefusalCode;
  readonly status: number;
  readonly reason: RefusalReason | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(details: RefusalDetails, options?: ErrorOptions) {
    super(details.message, options);
    this.code = details.code;
    this.status = details.status;
    this.reason = details.reason;
    this.retryAfterSeconds = details.retryAfterSeconds;
  }
}
