// What sellers have earned and where it is paid to, in memory. Owned by `sub`: names and addresses change.

export interface PayoutAccount {
  readonly holder: string;
  /** Without blanks, in capitals. */
  readonly iban: string;
}

export interface Ledger {
  payoutAccountOf(subject: string): PayoutAccount | undefined;
  setPayoutAccount(subject: string, account: PayoutAccount): void;
  /** What the shop owes, and to whom. */
  payoutsDue(): readonly PayoutDue[];
}

export interface PayoutDue {
  readonly seller: string;
  readonly cents: number;
  readonly account: PayoutAccount | undefined;
}

export interface Sale {
  readonly title: string;
  /** ISO 8601. */
  readonly soldOn: string;
  readonly cents: number;
}

/** Nothing is really for sale in the demo, so everybody has sold the same. */
export const SALES: readonly Sale[] = [
  { title: 'Clock with a loud tick', soldOn: '2026-10-02', cents: 45_50 },
  { title: 'Atlas of 1987, two countries missing', soldOn: '2026-10-19', cents: 18_00 },
  { title: 'Camping chair, third owner wanted', soldOn: '2026-11-07', cents: 12_50 },
];

export const EARNED_CENTS = SALES.reduce((sum, { cents }) => sum + cents, 0);

export function createLedger(): Ledger {
  const accounts = new Map<string, PayoutAccount>();
  return {
    payoutAccountOf: (subject) => accounts.get(subject),
    setPayoutAccount: (subject, account) => void accounts.set(subject, account),
    payoutsDue: () => [
      ...[...accounts].map(([seller, account]) => ({ seller, cents: EARNED_CENTS, account })),
      { seller: 'Ines', cents: 102_00, account: undefined },
      { seller: 'Tomas', cents: 89_00, account: undefined },
    ],
  };
}
