// The products that the shop opens with.
import type { Listing, Offer } from './listings.ts';

const forSale = (offer: Offer, sellerName: string): Listing => ({
  ...offer,
  id: offer.picture,
  sellerSubject: undefined,
  sellerName,
});

/** Oldest first. */
export const seedListings: readonly Listing[] = [
  forSale(
    {
      title: 'Globe with a dent in the Pacific',
      description: 'Turns smoothly, lights up, and shows a few countries that no longer exist. 30 cm across.',
      priceCents: 2800,
      condition: 'Well loved',
      picture: 'globe',
    },
    'Ines',
  ),
  forSale(
    {
      title: 'Swiss cheese plant',
      description: 'Four years old and taller every month. Comes with its pot and a page of advice.',
      priceCents: 1950,
      condition: 'Like new',
      picture: 'plant',
    },
    'Demo Shop',
  ),
  forSale(
    {
      title: 'Record player, belt drive',
      description: 'New belt and needle last spring. Plays 33 and 45. The lid has one scratch, the sound has none.',
      priceCents: 8900,
      condition: 'Good',
      picture: 'record-player',
    },
    'Tomas',
  ),
  forSale(
    {
      title: 'Reading armchair',
      description: 'Deep, quiet and the right height for a lamp beside it. Cover washed, feet oiled.',
      priceCents: 12000,
      condition: 'Good',
      picture: 'armchair',
    },
    'Demo Shop',
  ),
  forSale(
    {
      title: '35 mm camera with a 50 mm lens',
      description:
        'Light meter works, seals replaced. One roll of film is included, so you can try it on the way home.',
      priceCents: 7400,
      condition: 'Good',
      picture: 'camera',
    },
    'Ines',
  ),
  forSale(
    {
      title: 'City bicycle, three gears',
      description: 'Steel frame, hub dynamo, basket hooks. Serviced in March. Frame for people of 165 to 180 cm.',
      priceCents: 16500,
      condition: 'Good',
      picture: 'bicycle',
    },
    'Demo Shop',
  ),
  forSale(
    {
      title: 'Teapot for two',
      description: 'Stoneware, holds 0.6 litres, pours without dripping. A small chip under the lid that nobody sees.',
      priceCents: 1400,
      condition: 'Well loved',
      picture: 'teapot',
    },
    'Marit',
  ),
  forSale(
    {
      title: 'Desk lamp with a long arm',
      description: 'Reaches 80 cm and stays where you put it. Comes with a warm LED bulb.',
      priceCents: 2400,
      condition: 'Like new',
      picture: 'desk-lamp',
    },
    'Demo Shop',
  ),
];
