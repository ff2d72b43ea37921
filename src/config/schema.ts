// The shape of gatehouse.yaml. Every key may be left out; what is not known here is refused.
import { z } from 'zod';
import { shownText, textWhere } from './fields.ts';
import { accountsSection } from './sections/accounts.ts';
import { apiSection } from './sections/api.ts';
import { attributesSection } from './sections/attributes.ts';
import { auditSection } from './sections/audit.ts';
import { brandingSection } from './sections/branding.ts';
import { databaseSection } from './sections/database.ts';
import { geoSection } from './sections/geo.ts';
import { keysSection } from './sections/keys.ts';
import { limitsSection } from './sections/limits.ts';
import { loggingSection } from './sections/logging.ts';
import { mailSection } from './sections/mail.ts';
import { metricsSection } from './sections/metrics.ts';
import { outgoingSection } from './sections/outgoing.ts';
import { passwordsSection } from './sections/passwords.ts';
import { registrationSection } from './sections/registration.ts';
import { resourcesSection } from './sections/resources.ts';
import { serverSection } from './sections/server.ts';
import { sessionsSection } from './sections/sessions.ts';
import { tokensSection } from './sections/tokens.ts';
import { issuerProblem } from './urls.ts';

export const MODES = ['development', 'production'] as const;

export const configFile = z.strictObject({
  mode: z.enum(MODES).optional().describe('No default; GATEHOUSE_MODE wins over it.'),
  issuer: textWhere(issuerProblem)
    .optional()
    .describe(
      'The address people and apps reach the server at, exactly: https (http on loopback only), no slash at the end. In development http://localhost:<port> unless stated.',
    ),
  name: shownText(60).default('Gatehouse').describe('What pages and authenticator apps call this server.'),
  branding: brandingSection.prefault({}).describe('How pages and mails show whose server this is.'),
  server: serverSection.prefault({}).describe('Where to listen, and whom to believe about where a request came from.'),
  outgoing: outgoingSection.prefault({}).describe('Which addresses of your own network requests to apps may reach.'),
  database: databaseSection.prefault({}).describe('PostgreSQL by URL, or the embedded database.'),
  mail: mailSection.prefault({}).describe('The server that takes our mails, and whom they are from.'),
  mfa: z.enum(['optional', 'required']).default('optional').describe('Whether everybody must enrol a second factor.'),
  passwords: passwordsSection
    .prefault({})
    .describe('Lengths in characters (Unicode code points), after NIST SP 800-63B-4.'),
  registration: registrationSection.prefault({}).describe('Who may make an account, and what is asked for.'),
  geo: geoSection.prefault({}).describe('Where addresses are, for people to recognise their own.'),
  accounts: accountsSection.prefault({}).describe('What becomes of accounts.'),
  sessions: sessionsSection.prefault({}).describe('How long a browser stays signed in.'),
  tokens: tokensSection.prefault({}).describe('Lifetimes, and the audience of access tokens for no particular API.'),
  keys: keysSection.prefault({}).describe('The keys that sign tokens, and how they are replaced.'),
  limits: limitsSection.prefault({}).describe('What slows down guessing, and keeps hashing from eating the machine.'),
  api: apiSection.prefault({}).describe('The API for programs that administer this server.'),
  logging: loggingSection.prefault({}).describe('How much is logged, and for whom.'),
  metrics: metricsSection.prefault({}).describe('What Prometheus reads, and where; nowhere unless stated.'),
  audit: auditSection.prefault({}).describe('What is kept of what happened, and for how long.'),
  resources: resourcesSection
    .default({})
    .describe('APIs that access tokens can be made for (RFC 8707), by audience: https://api.example.com.'),
  attributes: attributesSection.default({}).describe('What is kept of people beyond the standard claims, by name.'),
});

export type ConfigFile = z.output<typeof configFile>;
