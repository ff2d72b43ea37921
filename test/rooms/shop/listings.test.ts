// Who may change what is for sale, and what a seller may type.
import { describe, expect, test } from 'vitest';
import { createListings, MAX_LISTINGS, mayChange, type Offer } from '../../../examples/shop/listings.ts';
import { fieldsOf, type OfferFields, readOffer } from '../../../examples/shop/offer-form.ts';
import { personNamed } from './person.ts';

const clock: Offer = { title: 'Clock', description: 'Ticks.', priceCents: 4550, condition: 'Good', picture: 'globe' };
const typed = (changes: Partial<OfferFields> = {}): OfferFields => ({ ...fieldsOf(clock), ...changes });

const addedBy = (seller: ReturnType<typeof personNamed>) => {
  const listings = createListings([]);
  const added = listings.add(clock, seller);
  if (added.outcome !== 'added') throw new Error('the listing was not added');
  return { listings, listing: added.listing };
};

describe('who may change a listing', () => {
  const alice = personNamed('alice', ['vendor']);

  test('a vendor changes their own, and nobody else with the role does', () => {
    const { listing } = addedBy(alice);
    expect(mayChange(alice, listing)).toBe(true);
    expect(mayChange(personNamed('bob', ['vendor']), listing)).toBe(false);
  });

  test('a vendor who lost the role changes nothing, their own included', () => {
    const { listing } = addedBy(alice);
    expect(mayChange(personNamed('alice'), listing)).toBe(false);
  });

  test('a shop admin changes everything, also what the shop itself sells', () => {
    const admin = personNamed('carol', ['shop-admin']);
    expect(mayChange(admin, addedBy(alice).listing)).toBe(true);
    for (const listing of createListings().list()) {
      expect(mayChange(admin, listing)).toBe(true);
      expect(mayChange(alice, listing)).toBe(false);
    }
  });
});

describe('the listings', () => {
  test('a change keeps the seller and the id', () => {
    const { listings, listing } = addedBy(personNamed('alice'));
    listings.change(listing.id, { ...clock, title: 'Old clock' });
    expect(listings.find(listing.id)).toEqual({ ...listing, title: 'Old clock' });
  });

  test('a vendor sees their own alone, and a removed one is gone', () => {
    const { listings, listing } = addedBy(personNamed('alice'));
    listings.add(clock, personNamed('bob'));
    expect(listings.listOf('alice')).toEqual([listing]);
    listings.remove(listing.id);
    expect(listings.listOf('alice')).toEqual([]);
    expect(listings.list()).toHaveLength(1);
  });

  test('the shop takes no more than it has room for', () => {
    const listings = createListings([]);
    for (let n = 0; n < MAX_LISTINGS; n += 1) expect(listings.add(clock, personNamed('alice')).outcome).toBe('added');
    expect(listings.add(clock, personNamed('alice')).outcome).toBe('full');
  });
});

describe('the form of a listing', () => {
  test.each([
    ['45.50', 4550],
    ['45,5', 4550],
    [' € 45 ', 4500],
    ['0.01', 1],
    ['99999.99', 9_999_999],
  ])('the price %j is understood', (price, priceCents) => {
    expect(readOffer(typed({ price }))).toEqual({ outcome: 'offer', offer: { ...clock, priceCents } });
  });

  test.each(['', '0', '-1', '1e3', '1.234', '100000', 'a lot', '1 000', '0x10'])('the price %j is refused', (price) => {
    expect(readOffer(typed({ price }))).toMatchObject({ outcome: 'invalid', problems: { price: expect.any(String) } });
  });

  test('every field that is wrong is named at once', () => {
    const fields = { title: ' ', description: 'x'.repeat(1001), price: '', condition: 'New', picture: '../logo' };
    const read = readOffer(fields);
    expect(read.outcome === 'invalid' && Object.keys(read.problems).sort()).toEqual(Object.keys(fields).sort());
  });
});
