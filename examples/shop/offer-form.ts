// The form of a listing: what was typed becomes an offer, or problems by field.
import { CONDITIONS, type Offer, PICTURES } from './listings.ts';

export interface OfferFields {
  readonly title: string;
  readonly description: string;
  readonly price: string;
  readonly condition: string;
  readonly picture: string;
}

export type OfferProblems = { readonly [field in keyof OfferFields]?: string };

export type ReadOffer =
  | { readonly outcome: 'offer'; readonly offer: Offer }
  | { readonly outcome: 'invalid'; readonly problems: OfferProblems };

const MAX_TITLE_CHARACTERS = 80;
const MAX_DESCRIPTION_CHARACTERS = 1000;
const MAX_PRICE_CENTS = 99_999_99;

export const emptyFields: OfferFields = {
  title: '',
  description: '',
  price: '',
  condition: 'Good',
  picture: PICTURES[0],
};

export const fieldsOf = (offer: Offer): OfferFields => ({ ...offer, price: (offer.priceCents / 100).toFixed(2) });

export const fieldsIn = (form: URLSearchParams): OfferFields => ({
  title: form.get('title') ?? '',
  description: form.get('description') ?? '',
  price: form.get('price') ?? '',
  condition: form.get('condition') ?? '',
  picture: form.get('picture') ?? '',
});

export function readOffer(fields: OfferFields): ReadOffer {
  const title = fields.title.trim();
  const description = fields.description.trim();
  const priceCents = centsIn(fields.price);
  const condition = CONDITIONS.find((each) => each === fields.condition);
  const picture = PICTURES.find((each) => each === fields.picture);
  const problems: OfferProblems = {
    ...(title === '' && { title: 'Say in a few words what it is.' }),
    ...(title.length > MAX_TITLE_CHARACTERS && { title: `Keep it to ${MAX_TITLE_CHARACTERS} characters.` }),
    ...(description === '' && { description: 'Say what a buyer should know.' }),
    ...(description.length > MAX_DESCRIPTION_CHARACTERS && {
      description: `Keep it to ${MAX_DESCRIPTION_CHARACTERS} characters.`,
    }),
    ...(priceCents === undefined && { price: 'Enter an amount from 0.01 to 99999.99, for example 24.00.' }),
    ...(condition === undefined && { condition: 'Choose one of the three.' }),
    ...(picture === undefined && { picture: 'Choose one of the pictures.' }),
  };
  if (
    Object.keys(problems).length > 0 ||
    priceCents === undefined ||
    condition === undefined ||
    picture === undefined
  ) {
    return { outcome: 'invalid', problems };
  }
  return { outcome: 'offer', offer: { title, description, priceCents, condition, picture } };
}

/** Takes 24, 24.5, 24.50 and 24,50, with or without a euro sign. */
function centsIn(price: string): number | undefined {
  const match = /^€?\s*(\d{1,5})(?:[.,](\d{1,2}))?\s*€?$/.exec(price.trim());
  if (match === null) return undefined;
  const cents = Number(match[1]) * 100 + Number((match[2] ?? '').padEnd(2, '0'));
  return cents >= 1 && cents <= MAX_PRICE_CENTS ? cents : undefined;
}
