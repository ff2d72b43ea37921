// The shape of gatehouse.yaml. Every key may be left out; what is not known here is refused.
import { z } from 'zod';
import { shownText, textWhere } from './fields.ts';
import { databaseSection } from './sections/database.ts';
import { limitsSection } from './sections/limits.ts';
import { loggingSection } from './sections/logging.ts';
import { passwordsSection } from './sections/passwords.ts';
import { resourcesSection } from './sections/resources.ts';
import { serverSection } from './sections/server.ts';
import { sessionsSection } from './sections/sessions.ts';
import { tokensSection } from './sections/tokens.ts';
import { issuerProblem } from './urls.ts';

export const MODES = ['development', 'production'] as const;

export const configFile = z.strictObject({
  mode: z.enum(MODES).optional(),
  issuer: textWhere(issuerProblem).optional(),
  name: shownText(60).default('Gatehouse'),
  server: serverSection.prefault({}),
  database: databaseSection.prefault({}),
  mfa: z.enum(['optional', 'required']).default('optional'),
  passwords: passwordsSection.prefault({}),
  sessions: sessionsSection.prefault({}),
  tokens: tokensSection.prefault({}),
  limits: limitsSection.prefault({}),
  logging: loggingSection.prefault({}),
  resources: resourcesSection.default({}),
});

export type ConfigFile = z.output<typeof configFile>;
