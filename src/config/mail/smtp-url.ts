// The address of the mail server from the environment, by itself or in a file, since a password stands in it.
import type { EnvironmentSettings } from '../environment.ts';
import { ENVIRONMENT, type Problem } from '../problem.ts';
import { readSecretFile } from '../secrets/secret-file.ts';
import { smtpUrlProblem } from '../urls.ts';

export interface GivenSmtpUrl {
  /** Undefined when none is given, or a wrong one. */
  readonly url: string | undefined;
  readonly problems: readonly Problem[];
}

export function givenSmtpUrl({ smtpUrl, smtpUrlFile, stated }: EnvironmentSettings): GivenSmtpUrl {
  if (smtpUrlFile === undefined) return { url: smtpUrl, problems: [] };
  const path = 'GATEHOUSE_SMTP_URL_FILE';
  const refused = (message: string): GivenSmtpUrl => ({
    url: undefined,
    problems: [{ file: ENVIRONMENT, line: undefined, path, message }],
  });
  if (stated.has('GATEHOUSE_SMTP_URL')) return refused('is set together with GATEHOUSE_SMTP_URL; set one of them');
  const file = readSecretFile(smtpUrlFile);
  if (file.outcome === 'refused') return refused(file.message);
  const problem = smtpUrlProblem(file.text);
  return problem === undefined ? { url: file.text, problems: [] } : refused(`${smtpUrlFile}: ${problem}`);
}
