// What production refuses to start with. Every reason is listed, not only the first.

import { MASTER_SECRET_BYTES } from './master-secret.ts';
import { ENVIRONMENT, type Place, type Problem } from './problem.ts';
import { exampleSecretProblem } from './secrets/example-secrets.ts';
import type { Setting, Settings } from './settings.ts';

/** An issuer that is not https is refused in every mode, where it is written. */
export function productionProblems(
  { issuer, secret, secretVariable, previous, databaseUrl, smtpUrl }: Settings,
  {
    embeddedAllowed,
    signUpPolicy,
    placeOf,
  }: {
    embeddedAllowed: boolean;
    /** `open`, `invite` or `closed`. */
    signUpPolicy: string;
    placeOf: (...path: string[]) => Place;
  },
): readonly Problem[] {
  const problems: Problem[] = [];
  if (issuer.state === 'missing') {
    const message =
      'production needs the issuer stated, here or as GATEHOUSE_ISSUER; for example https://auth.example.com';
    problems.push({ ...placeOf('issuer'), message });
  }
  const message = masterSecretProblem(secret);
  if (message !== undefined) problems.push({ file: ENVIRONMENT, line: undefined, path: secretVariable, message });
  for (const weak of previous.secrets.map((each) => weakness(each)).filter((each) => each !== undefined)) {
    problems.push({ file: ENVIRONMENT, line: undefined, path: previous.variable, message: `one of them ${weak}` });
  }
  if (databaseUrl.state === 'missing' && !embeddedAllowed) {
    const message =
      'production needs PostgreSQL: set DATABASE_URL or database.url; or allow the embedded database with database.embedded_in_production: true';
    problems.push({ ...placeOf('database'), message });
  }
  if (smtpUrl.state === 'missing' && signUpPolicy === 'open') {
    const needs = '"open" needs a mail server, which proves addresses';
    const message = `${needs}: set GATEHOUSE_SMTP_URL or mail.smtp_url; or leave the policy at "invite"`;
    problems.push({ ...placeOf('registration', 'policy'), message });
  }
  return problems;
}

function masterSecretProblem(secret: Setting<string>): string | undefined {
  if (secret.state === 'refused') return undefined;
  if (secret.state === 'missing') {
    return `production needs a master secret of at least ${MASTER_SECRET_BYTES} bytes, here or in GATEHOUSE_SECRET_FILE`;
  }
  return weakness(secret.value);
}

function weakness(secret: string): string | undefined {
  const bytes = Buffer.byteLength(secret);
  if (bytes < MASTER_SECRET_BYTES) return `has ${bytes} bytes; production needs at least ${MASTER_SECRET_BYTES}`;
  return exampleSecretProblem(secret);
}
