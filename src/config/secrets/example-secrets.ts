// Recognises secrets that were copied from an example: everybody knows them.

/** Literals that stand in files of this repository. Not one of them protects anything. */
export const SHIPPED_SECRETS: readonly string[] = ['gatehouse-demo-shop-secret-only-for-development'];

/** Words that placeholders are made of. A generated secret contains one with a chance below 1 in 10^8. */
const PLACEHOLDERS =
  /change[-_ ]?(?:me|this|it)|replace[-_ ]?(?:me|this|with)|example|placeholder|demo[-_]only|insecure|your[-_ ]?secret|not[-_ ]?(?:a[-_ ])?secret/i;

const FEWEST_DIFFERENT_CHARACTERS = 10;

/** Why this cannot be a real secret, or undefined. Never repeats the secret. */
export function exampleSecretProblem(secret: string): string | undefined {
  if (SHIPPED_SECRETS.includes(secret)) return 'is an example secret that everybody can read';
  if (PLACEHOLDERS.test(secret)) return 'looks like an example secret or a placeholder';
  return new Set(secret).size < FEWEST_DIFFERENT_CHARACTERS
    ? `has fewer than ${FEWEST_DIFFERENT_CHARACTERS} different characters`
    : undefined;
}
