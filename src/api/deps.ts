// What the operations of the API are given.
import type { Administrator } from '../administration/administrator.ts';
import type { ClientRegistry } from '../clients/client.ts';
import type { LiveClients } from '../clients/live/live-clients.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { SealedBox } from '../crypto/sealed-box.ts';
import type { Db } from '../database/database.ts';
import type { SigningKey } from '../keys/signing-key.ts';
import type { Logger } from '../observability/logger.ts';
import type { ApiDoor } from '../provider/own-api/api-caller.ts';
import type { PreviewDeps } from '../provider/preview/preview-claims.ts';

/** Who calls: a service client, with the scopes of its token. */
export type AdministratingProgram = Extract<Administrator, { kind: 'client' }>;

/** What the server gives them. */
export interface ApiParts {
  readonly config: Config;
  readonly clock: Clock;
  readonly db: Db;
  /** With the built-in client. */
  readonly clients: () => ClientRegistry;
  /** The clients of the files, and how reading them went. */
  readonly live: LiveClients;
  readonly box: SealedBox;
  readonly log: Logger;
  /** Asked which claims a scope lets through. */
  readonly provider: PreviewDeps['provider'];
  /** That access tokens are signed with. */
  readonly keys: () => readonly SigningKey[];
  /** After keys were changed: this process uses them at once. */
  readonly followKeys: () => Promise<void>;
}

export interface ApiDeps extends ApiParts {
  /** Who calls. */
  readonly door: ApiDoor;
}
