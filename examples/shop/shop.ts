// Puts the shop together: settings in, a server out.
import Router from '@koa/router';
import Koa from 'koa';
import { addAccountPage } from './account-page.ts';
import { loadAssets } from './assets.ts';
import { addBackChannel } from './back-channel.ts';
import { addBrowsePages } from './browse-pages.ts';
import { createEarnings } from './earnings.ts';
import { addEarningsPages } from './earnings-pages.ts';
import { createGate } from './gate.ts';
import { type Listening, listen } from './listen.ts';
import { createListings } from './listings.ts';
import type { Log } from './log.ts';
import { createPages } from './pages.ts';
import { createPendingSignIns } from './pending-sign-ins.ts';
import { addSellingPages } from './selling-pages.ts';
import { createSessions } from './session.ts';
import { createSignIn } from './sign-in.ts';
import { addSignInPages, createStepUpSignIn } from './sign-in-pages.ts';
import { errorPages, ownHostOnly, securityHeaders } from './site-rules.ts';
import { createRefresh } from './token-refresh.ts';
import { createVisitors } from './visitors.ts';

export interface ShopOptions {
  /** The shop's own origin. Port 0 stands for any free port; `listen` tells which one it became. */
  readonly url: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Where the shop's API is, and what it is called at the issuer; as in the demo when left out. */
  readonly api?: { readonly url: string; readonly audience: string };
  /** The port to listen on when it is not the one in `url`, behind a proxy for example. */
  readonly port?: number;
  /** The address to listen on; both loopback addresses when left out. */
  readonly host?: string;
  readonly log?: Log;
}

export interface Shop {
  /** Resolves with the shop's origin once the port is open. The issuer need not be up. */
  listen(): Promise<string>;
  close(): Promise<void>;
}

export function createShop(options: ShopOptions): Shop {
  let listening: Listening | undefined;
  return {
    async listen() {
      const url = new URL(options.url);
      const port = options.port ?? Number(url.port || (url.protocol === 'https:' ? 443 : 80));
      // The application needs to know its own address, and with port 0 that is known only now.
      let answer: ReturnType<Koa['callback']> | undefined;
      listening = await listen((req, res) => answer?.(req, res), { port, host: options.host });
      if (url.port === '0') url.port = String(listening.port);
      answer = composeShop({ ...options, url: url.origin }).callback();
      return url.origin;
    },
    close: async () => listening?.close(),
  };
}

export const DEMO_API = { url: 'http://localhost:3002', audience: 'https://api.shop.example' };

function composeShop({
  url: shopUrl,
  issuer,
  clientId,
  clientSecret,
  api = DEMO_API,
  log = console.log,
}: ShopOptions): Koa {
  const signIn = createSignIn({
    issuer,
    clientId,
    clientSecret,
    redirectUri: `${shopUrl}/callback`,
    signedOutUri: `${shopUrl}/`,
    api: { audience: api.audience, scope: 'earnings:read payout-account:write' },
  });
  const listings = createListings();
  const sessions = createSessions();
  const pending = createPendingSignIns();
  const visitors = createVisitors({ sessions, secure: shopUrl.startsWith('https:') });
  const assets = loadAssets();
  const pages = createPages({ assets, sessions, visitors, shopUrl });
  const refresh = createRefresh({ signIn, sessions, log });
  const gate = createGate({ visitors, pages, refresh });

  const router = new Router();
  router.get('/assets/*file', (ctx) => assets.serve(ctx, ctx.params['file'] ?? ''));
  const signInDeps = { shopUrl, signIn, pending, visitors, pages, log };
  addSignInPages(router, gate, signInDeps);
  addBackChannel(router, { issuer, clientId, sessions, log });
  addAccountPage(router, gate, { signIn, sessions, visitors, refresh, pages });
  addSellingPages(router, gate, { listings, sessions, pages });
  const earnings = createEarnings({ apiUrl: api.url, signIn, sessions, refresh, log });
  addEarningsPages(router, gate, { earnings, sessions, visitors, pages, stepUp: createStepUpSignIn(signInDeps) });
  addBrowsePages(router, { listings, visitors, pages });

  const app = new Koa();
  app.use(securityHeaders({ shopUrl, issuer }));
  app.use(ownHostOnly(shopUrl));
  app.use(errorPages({ pages, log }));
  app.use(router.routes());
  return app;
}
