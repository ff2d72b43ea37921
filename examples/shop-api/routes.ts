// The addresses of this API: what each of them needs, and what it answers.
import type { IncomingMessage } from 'node:http';
import type { AccessToken } from './access-token.ts';
import { type Answer, ok, problem } from './answers.ts';
import { readJson } from './json-body.ts';
import { EARNED_CENTS, type Ledger, type PayoutAccount, SALES } from './ledger.ts';
import { readPayoutAccount } from './payout-account.ts';
import type { Requirements } from './requirements.ts';

export type Route = {
  readonly method: 'GET' | 'PUT';
  readonly path: string;
} & (
  | { readonly needs: 'nothing'; readonly answer: () => Answer }
  | { readonly needs: Requirements; readonly answer: (call: Call) => Answer | Promise<Answer> }
);

export interface Call {
  readonly request: IncomingMessage;
  readonly token: AccessToken;
}

/** The one thing here that moves money asks for a second factor, at most five minutes old. */
const SECOND_FACTOR = { acr: 'mfa', maxAgeSeconds: 300 };

export const routes = (ledger: Ledger): readonly Route[] => [
  { method: 'GET', path: '/health', needs: 'nothing', answer: () => ok({ status: 'ok' }) },
  { method: 'GET', path: '/earnings', needs: { scope: 'earnings:read' }, answer: showEarnings(ledger) },
  {
    method: 'GET',
    path: '/payouts',
    needs: { scope: 'earnings:read', roles: ['shop-admin'] },
    answer: showPayouts(ledger),
  },
  {
    method: 'PUT',
    path: '/payout-account',
    needs: {
      scope: 'payout-account:write',
      roles: ['vendor', 'shop-admin'],
      permission: 'payout-account:write',
      authentication: SECOND_FACTOR,
    },
    answer: changePayoutAccount(ledger),
  },
];

const showEarnings =
  (ledger: Ledger) =>
  ({ token }: Call): Answer =>
    ok({
      currency: 'EUR',
      sales: SALES.map(({ title, soldOn, cents }) => ({ title, sold_on: soldOn, cents })),
      earned_cents: EARNED_CENTS,
      payout_account: shown(ledger.payoutAccountOf(token.subject)),
    });

const showPayouts = (ledger: Ledger) => (): Answer =>
  ok({
    currency: 'EUR',
    payouts: ledger.payoutsDue().map(({ seller, cents, account }) => ({ seller, cents, account: shown(account) })),
  });

/** PUT: sent twice, it is the same as once. */
const changePayoutAccount =
  (ledger: Ledger) =>
  async ({ request, token }: Call): Promise<Answer> => {
    const sent = await readJson(request);
    switch (sent.outcome) {
      case 'other_type':
        return problem(415, 'The body has to be application/json');
      case 'too_large':
        return problem(413, 'The body is too large', { headers: { Connection: 'close' } });
      case 'not_json':
        return problem(400, 'The body is not JSON');
      case 'json': {
        const read = readPayoutAccount(sent.body);
        if (read.outcome === 'invalid') return problem(422, 'The account is not valid', { errors: read.errors });
        ledger.setPayoutAccount(token.subject, read.account);
        return ok({ payout_account: shown(read.account) });
      }
    }
  };

/** Enough to recognise the account by, and too little to use it. */
const shown = (account: PayoutAccount | undefined) =>
  account === undefined ? null : { holder: account.holder, iban_ending: account.iban.slice(-4) };
