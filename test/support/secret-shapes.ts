// What secrets look like in files, as programs that watch over repositories know them.

export interface Found {
  readonly kind: string;
  /** The start of it: enough to tell which it is, too little to be one. */
  readonly start: string;
  readonly line: number;
}

interface Shape {
  readonly kind: string;
  /** Its first group is the secret; without one, the whole is. */
  readonly pattern: RegExp;
  readonly counts?: (secret: string, place: { file: string; text: string }) => boolean;
}

const START_LENGTH = 8;

/** What stands where a password goes in an explanation. */
const PLACEHOLDER = /^(?:password|secret|\$\{.*|\$\w+|<.*|\.\.\.|…)$|^.{1,7}$/i;

const inTestsOrExamples = (file: string): boolean => /^test\/|(?:^|[./])example[./]/.test(file);

const SHAPES: readonly Shape[] = [
  { kind: 'private key', pattern: /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----/g },
  {
    kind: 'private JWK',
    pattern: /(?<![\w-])["']?[dk]["']?\s*:\s*["']([\w-]{32,})["']/g,
    counts: (_secret, { text }) => /\bkty\b/.test(text),
  },
  { kind: 'AWS key', pattern: /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/g },
  { kind: 'AWS key', pattern: /aws_secret_access_key["']?\s*[=:]\s*["']?([\w/+]{40})/gi },
  { kind: 'GitHub token', pattern: /\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_\w{22,})/g },
  { kind: 'Slack token', pattern: /\bxox[abeprs]-[\w-]{10,}|hooks\.slack\.com\/services\/T\w+\/B\w+\/\w+/g },
  { kind: 'npm token', pattern: /\bnpm_[A-Za-z0-9]{36}\b/g },
  { kind: 'npm token', pattern: /_authToken\s*=\s*["']?([\w-]{16,})/g },
  { kind: 'signed token', pattern: /\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{20,}/g },
  {
    kind: 'password in a URL',
    pattern: /\b(?:postgres(?:ql)?|smtps?|rediss?|mysql|mongodb|amqps?|https?):\/\/[^\s:/@"'`]*:([^\s@/"'`]+)@/g,
    counts: (password) => !PLACEHOLDER.test(password),
  },
  {
    kind: 'named secret',
    pattern:
      /(?:client_secrets?|\w+_SECRET(?:_PREVIOUS)?|PGPASSWORD|POSTGRES_PASSWORD|(?:^|\n)\s*-?\s*value)["']?\s*[:=]\s*["']?([\w+/-]{24,}={0,2})/gi,
    counts: (_secret, { file }) => !inTestsOrExamples(file),
  },
];

export function secretsIn(file: string, text: string): readonly Found[] {
  return SHAPES.flatMap(({ kind, pattern, counts = () => true }) =>
    [...text.matchAll(pattern)]
      .map((match) => ({ secret: match[1] ?? match[0], at: match.index + match[0].lastIndexOf(match[1] ?? match[0]) }))
      .filter(({ secret }) => counts(secret, { file, text }))
      .map(({ secret, at }) => ({
        kind,
        start: secret.slice(0, START_LENGTH),
        line: text.slice(0, at).split('\n').length,
      })),
  );
}

/** Files that hold secrets by their very name. */
export const isSecretByName = (file: string): boolean =>
  /(?:^|\/)(?:\.env(?!\.example$)[^/]*|\.npmrc|\.netrc|\.pgpass|id_(?:rsa|dsa|ecdsa|ed25519)|secret|[^/]+\.(?:pem|key|p12|pfx|jks|kdbx))$/.test(
    file,
  );
