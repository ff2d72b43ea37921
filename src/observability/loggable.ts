// What of a value may stand in the log: no secrets, no control characters, no endless depth.

/** Exact names; case, `-` and `_` do not matter when they are compared. */
export const SECRET_KEYS = [
  'password',
  'code',
  'codes',
  'recoveryCode',
  'recoveryCodes',
  'user_code',
  'device_code',
  'token',
  'access_token',
  'refresh_token',
  'id_token',
  'id_token_hint',
  'secret',
  'client_secret',
  'client_assertion',
  'code_verifier',
  'cookie',
  'authorization',
  'dpop',
  'totp',
  'otp',
  'privateKey',
] as const;

const plainName = (name: string): string => name.toLowerCase().replaceAll(/[-_]/g, '');
const SECRET_NAMES = new Set(SECRET_KEYS.map(plainName));
const SECRET_ENDINGS = /(?:password|passphrase|secrets?|tokens?|cookies?|authorization|assertion|totp)$/;

const MAX_DEPTH = 6;
const MAX_CAUSES = 4;

// DEL, C1 (8-bit terminal sequences), line and paragraph separators, bidirectional overrides. JSON escapes the C0 range by itself.
const UNSAFE = /[\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

export function loggable(entry: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(entry).map(([name, value]) => [name, shown(name, value, 0)]));
}

function shown(name: string, value: unknown, depth: number): unknown {
  if (isSecretName(name)) return value === undefined ? undefined : '[redacted]';
  if (typeof value === 'string') return visible(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  if (value instanceof Error) return describeError(value, 0);
  if (ArrayBuffer.isView(value)) return '[bytes]';
  if (value instanceof URL) return visible(value.origin + value.pathname);
  if (depth === MAX_DEPTH) return '[deeper]';
  if (Array.isArray(value)) return value.map((item: unknown) => shown('', item, depth + 1));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shown(key, item, depth + 1)]));
}

const isSecretName = (name: string): boolean => {
  const plain = plainName(name);
  return SECRET_NAMES.has(plain) || SECRET_ENDINGS.test(plain);
};

/** A line says what happened; it is no place for what a caller made as long as they like. */
const MAX_CHARACTERS = 2_000;

/** Characters that drive a terminal or reorder text, written out. */
export const visible = (text: string): string =>
  shortened(text).replaceAll(UNSAFE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);

const shortened = (text: string): string =>
  text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)}… (${text.length} characters)` : text;

/** Only the fields named here: what else hangs on an error (a query's parameters, a request) stays out of the log. */
function describeError(error: Error, depth: number): Record<string, unknown> {
  const message = visible(JSON.stringify(error.message).slice(1, -1));
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  const described: Record<string, unknown> = {
    type: error.name,
    message,
    stack: [`${error.name}: ${message}`, ...frames.map(visible)].join('\n'),
  };
  if ('code' in error && typeof error.code === 'string') described['code'] = visible(error.code);
  if (depth === MAX_CAUSES) return described;
  if (error instanceof AggregateError) {
    described['errors'] = error.errors
      .slice(0, MAX_CAUSES)
      .map((inner: unknown) => (inner instanceof Error ? describeError(inner, depth + 1) : typeof inner));
  }
  if (error.cause instanceof Error) described['cause'] = describeError(error.cause, depth + 1);
  return described;
}
