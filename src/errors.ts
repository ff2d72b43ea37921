// A Refusal stops a request and says why; everything else that is thrown is a defect.

export type RefusalCode =
  | 'bad_request'
  | 'not_found'
  | 'method_not_allowed'
  | 'forbidden'
  | 'cross_site_request'
  | 'interaction_expired'
  | 'too_many_attempts'
  | 'payload_too_large'
  | 'unsupported_media_type'
  | 'misdirected_request'
  | 'busy'
  | 'database_unavailable';

export interface RefusalDetails {
  readonly code: RefusalCode;
  /** HTTP status. */
  readonly status: number;
  /** One or two sentences a person can act on. Shown as they are, so never a secret in them. */
  readonly message: string;
  /** Seconds; becomes the Retry-After header (RFC 9110 section 10.2.3). */
  readonly retryAfterSeconds?: number;
}

export class Refusal extends Error {
  override readonly name: string = 'Refusal';
  readonly code: RefusalCode;
  readonly status: number;
  readonly retryAfterSeconds: number | undefined;

  constructor(details: RefusalDetails, options?: ErrorOptions) {
    super(details.message, options);
    this.code = details.code;
    this.status = details.status;
    this.retryAfterSeconds = details.retryAfterSeconds;
  }
}
