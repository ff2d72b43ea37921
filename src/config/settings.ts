// What is in force when the environment and the file both may speak: the environment wins.
import type { Mode } from './config.ts';
import type { EnvironmentSettings } from './environment.ts';
import { givenSmtpUrl } from './mail/smtp-url.ts';
import { givenSecret } from './master-secret.ts';
import type { Problem } from './problem.ts';
import type { ConfigFile } from './schema.ts';
import { type PreviousSecrets, previousSecrets } from './secrets/previous-secrets.ts';
import type { Shape } from './shape.ts';

export type Setting<T> =
  | { readonly state: 'set'; readonly value: T }
  | { readonly state: 'missing' }
  /** Stated, but wrong: reported already, so nobody calls it missing. */
  | { readonly state: 'refused' };

export interface Settings {
  readonly mode: Setting<Mode>;
  readonly issuer: Setting<string>;
  readonly databaseUrl: Setting<string>;
  readonly smtpUrl: Setting<string>;
  readonly secret: Setting<string>;
  /** Where `secret` came from. */
  readonly secretVariable: string;
  readonly previous: PreviousSecrets;
  readonly problems: readonly Problem[];
}

export function settle(environment: EnvironmentSettings, { value: file, broken }: Shape<ConfigFile>): Settings {
  const mode = firstOf(
    fromEnvironment(environment, 'GATEHOUSE_MODE', environment.mode),
    fromFile(broken, 'mode', file.mode),
  );
  const given = givenSecret(environment);
  const previous = previousSecrets(environment);
  const smtp = givenSmtpUrl(environment);
  return {
    mode,
    issuer: issuerOr(
      firstOf(
        fromEnvironment(environment, 'GATEHOUSE_ISSUER', environment.issuer),
        fromFile(broken, 'issuer', file.issuer),
      ),
      { mode, port: portOf(environment, file) },
    ),
    databaseUrl: firstOf(
      fromEnvironment(environment, 'DATABASE_URL', environment.databaseUrl),
      fromFile(broken, 'database', file.database?.url),
    ),
    smtpUrl:
      smtp.problems.length > 0
        ? { state: 'refused' }
        : firstOf(
            fromEnvironment(environment, 'GATEHOUSE_SMTP_URL', smtp.url),
            fromFile(broken, 'mail', file.mail?.smtp_url),
          ),
    secret: given.problems.length > 0 ? { state: 'refused' } : setting(given.secret),
    secretVariable: given.variable,
    previous,
    problems: [...given.problems, ...previous.problems, ...smtp.problems],
  };
}

export const settled = <T>(setting: Setting<T>): T | undefined => (setting.state === 'set' ? setting.value : undefined);

const setting = <T>(value: T | undefined): Setting<T> =>
  value === undefined ? { state: 'missing' } : { state: 'set', value };

const fromEnvironment = <T>({ stated }: EnvironmentSettings, name: string, value: T | undefined): Setting<T> =>
  stated.has(name) && value === undefined ? { state: 'refused' } : setting(value);

const fromFile = <T>(broken: ReadonlySet<string>, key: string, value: T | undefined): Setting<T> =>
  broken.has(key) ? { state: 'refused' } : setting(value);

const firstOf = <T>(first: Setting<T>, second: Setting<T>): Setting<T> => (first.state === 'missing' ? second : first);

/** Only development may guess the issuer: in production every token and every app depends on it. */
function issuerOr(
  stated: Setting<string>,
  { mode, port }: { mode: Setting<Mode>; port: Setting<number> },
): Setting<string> {
  if (stated.state !== 'missing' || settled(mode) !== 'development') return stated;
  return port.state === 'set' ? { state: 'set', value: `http://localhost:${port.value}` } : { state: 'refused' };
}

const portOf = (environment: EnvironmentSettings, file: Partial<ConfigFile>): Setting<number> =>
  firstOf(fromEnvironment(environment, 'PORT', environment.port), setting(file.server?.port));
