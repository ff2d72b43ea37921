// The pages for whoever keeps the server running.
import type { Route } from '../../http/route.ts';
import type { AdminDeps } from '../deps.ts';
import { adminChange, adminPage } from '../in-console.ts';
import { AUDIT_PATH, showAudit, submitExport } from './audit-page.ts';
import { CLIENTS_PATH, showClient, showClients } from './clients-page.ts';
import { CONFIGURATION_PATH, showConfiguration } from './configuration-page.ts';
import { KEYS_PATH, showKeys, showRevoke, showRotate, submitRevoke, submitRotate } from './keys-page.ts';
import { OUTBOX_PATH, showDrop, showOutbox, submitDrop, submitRetry } from './outbox-page.ts';
import { SESSIONS_PATH, showSessions, submitEndSession } from './sessions-page.ts';

export const operationRoutes = (deps: AdminDeps): readonly Route[] => [
  adminPage(deps, CLIENTS_PATH, 'clients:read', showClients(deps)),
  adminPage(deps, `${CLIENTS_PATH}/:clientId`, 'clients:read', showClient(deps)),
  adminPage(deps, SESSIONS_PATH, 'sessions:read', showSessions(deps)),
  adminChange(deps, `${SESSIONS_PATH}/:handle/end`, 'sessions:end', submitEndSession(deps)),
  adminPage(deps, AUDIT_PATH, 'audit:read', showAudit(deps)),
  adminChange(deps, `${AUDIT_PATH}/export`, 'audit:read', submitExport(deps)),
  adminPage(deps, OUTBOX_PATH, 'outbox:read', showOutbox(deps)),
  adminChange(deps, `${OUTBOX_PATH}/retry`, 'outbox:write', submitRetry(deps)),
  adminChange(deps, `${OUTBOX_PATH}/:id/retry`, 'outbox:write', submitRetry(deps)),
  adminPage(deps, `${OUTBOX_PATH}/:id/drop`, 'outbox:write', showDrop(deps)),
  adminChange(deps, `${OUTBOX_PATH}/:id/drop`, 'outbox:write', submitDrop(deps)),
  adminPage(deps, KEYS_PATH, 'keys:read', showKeys(deps)),
  adminPage(deps, `${KEYS_PATH}/rotate`, 'keys:rotate', showRotate(deps)),
  adminChange(deps, `${KEYS_PATH}/rotate`, 'keys:rotate', submitRotate(deps)),
  adminPage(deps, `${KEYS_PATH}/:kid/revoke`, 'keys:rotate', showRevoke(deps)),
  adminChange(deps, `${KEYS_PATH}/:kid/revoke`, 'keys:rotate', submitRevoke(deps)),
  adminPage(deps, CONFIGURATION_PATH, 'config:read', showConfiguration(deps)),
];
