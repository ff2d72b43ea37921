// What it takes to know who is at a page of ours, and to send them to sign in.
import type Koa from 'koa';
import type { ClientRegistry } from '../clients/client.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { SealedBox } from '../crypto/sealed-box.ts';
import type { Db } from '../database/database.ts';
import type { Csrf } from '../http/csrf.ts';
import type { BrowserSession } from '../provider/browser-session.ts';

export interface SignedInDeps {
  readonly config: Config;
  readonly clock: Clock;
  readonly db: Db;
  /** With the built-in client. */
  readonly clients: () => ClientRegistry;
  readonly browserSession: (ctx: Koa.Context) => Promise<BrowserSession | undefined>;
  readonly box: SealedBox;
  readonly csrf: Csrf;
  /** Whether an address is a page for who is signed in: for menus, and for the way back from signing in. */
  readonly isPage: (path: string) => boolean;
}
