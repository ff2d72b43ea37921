// What is for sale, in memory, and who may change it.
import { randomUUID } from 'node:crypto';
import { seedListings } from './seed.ts';
import type { Person } from './sign-in.ts';

export const PICTURES = [
  'desk-lamp',
  'teapot',
  'bicycle',
  'camera',
  'armchair',
  'record-player',
  'plant',
  'globe',
] as const;
export type Picture = (typeof PICTURES)[number];

export const CONDITIONS = ['Like new', 'Good', 'Well loved'] as const;
export type Condition = (typeof CONDITIONS)[number];

/** What a seller fills in. */
export interface Offer {
  readonly title: string;
  readonly description: string;
  readonly priceCents: number;
  readonly condition: Condition;
  readonly picture: Picture;
}

export interface Listing extends Offer {
  readonly id: string;
  /** The seller's `sub`; undefined for what the shop itself sells. */
  readonly sellerSubject: string | undefined;
  readonly sellerName: string;
}

export interface Listings {
  /** Newest first. */
  list(): readonly Listing[];
  listOf(subject: string): readonly Listing[];
  find(id: string): Listing | undefined;
  add(offer: Offer, seller: Person): { outcome: 'added'; listing: Listing } | { outcome: 'full' };
  change(id: string, offer: Offer): void;
  remove(id: string): void;
}

/** Permissions of this shop, as the server knows them (config/roles.yaml): to sell, and to look after everything. */
export const SELL = 'listings:write';
export const MANAGE = 'products:write';

/** For a server that knows no permissions of the shop: its roles decide then. */
const OF_ROLES: Readonly<Record<string, readonly string[]>> = { vendor: [SELL], 'shop-admin': [MANAGE] };

type Rights = Pick<Person, 'roles' | 'permissions'>;

export const may = ({ roles, permissions }: Rights, permission: string): boolean =>
  (permissions ?? roles.flatMap((role) => OF_ROLES[role] ?? [])).includes(permission);

/** Who sells changes what is theirs, who manages everything. */
export const mayChange = (person: Pick<Person, 'subject'> & Rights, listing: Listing): boolean =>
  may(person, MANAGE) ||
  (may(person, SELL) && listing.sellerSubject !== undefined && listing.sellerSubject === person.subject);

/** The shop lives in memory, so there is an end to it. */
export const MAX_LISTINGS = 500;

export function createListings(seed: readonly Listing[] = seedListings): Listings {
  const listings = new Map(seed.map((listing) => [listing.id, listing]));
  const list = () => [...listings.values()].reverse();
  return {
    list,
    listOf: (subject) => list().filter((listing) => listing.sellerSubject === subject),
    find: (id) => listings.get(id),
    add(offer, seller) {
      if (listings.size >= MAX_LISTINGS) return { outcome: 'full' };
      const listing = { ...offer, id: randomUUID(), sellerSubject: seller.subject, sellerName: seller.name };
      listings.set(listing.id, listing);
      return { outcome: 'added', listing };
    },
    change(id, offer) {
      const listing = listings.get(id);
      if (listing !== undefined) listings.set(id, { ...listing, ...offer });
    },
    remove(id) {
      listings.delete(id);
    },
  };
}
