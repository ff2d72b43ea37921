// Selling: vendors manage what is theirs, shop admins everything. Each route says which role it needs.
import type Router from '@koa/router';
import type { RouterContext } from '@koa/router';
import type { Gate, Handler } from './gate.ts';
import { CONDITIONS, type Listing, type Listings, MANAGE, may, mayChange, PICTURES, SELL } from './listings.ts';
import { noSuchPage } from './messages.ts';
import { emptyFields, fieldsIn, fieldsOf, type OfferFields, type OfferProblems, readOffer } from './offer-form.ts';
import type { Pages } from './pages.ts';
import type { Session, Sessions } from './session.ts';

export interface SellingPagesDeps {
  readonly listings: Listings;
  readonly sessions: Sessions;
  readonly pages: Pages;
}

export function addSellingPages(router: Router, { allowed }: Gate, deps: SellingPagesDeps): void {
  const sellers = [SELL, MANAGE];
  router.get('/my-listings', allowed([SELL], showOwn(deps)));
  router.get('/manage', allowed([MANAGE], showAll(deps)));
  router.get('/listings/new', allowed(sellers, showNew(deps)));
  router.post('/listings', allowed(sellers, add(deps)));
  router.get('/listings/:id/edit', allowed(sellers, ofListing(deps, showEdit)));
  router.post('/listings/:id/edit', allowed(sellers, ofListing(deps, change)));
  router.get('/listings/:id/delete', allowed(sellers, ofListing(deps, showDelete)));
  router.post('/listings/:id/delete', allowed(sellers, ofListing(deps, remove)));
}

const showOwn =
  ({ listings, pages }: SellingPagesDeps): Handler =>
  (ctx, { person }) =>
    pages.show(ctx, 'listing-table', { title: 'My listings', isOwn: true, listings: listings.listOf(person.subject) });

const showAll =
  ({ listings, pages }: SellingPagesDeps): Handler =>
  (ctx) =>
    pages.show(ctx, 'listing-table', { title: 'Manage products', isOwn: false, listings: listings.list() });

const showNew =
  (deps: SellingPagesDeps): Handler =>
  (ctx) =>
    showForm(deps, ctx, { fields: emptyFields });

const add =
  (deps: SellingPagesDeps): Handler =>
  (ctx, session, form) => {
    const fields = fieldsIn(form);
    const read = readOffer(fields);
    if (read.outcome === 'invalid') return showForm(deps, ctx, { fields, problems: read.problems });
    const added = deps.listings.add(read.offer, session.person);
    if (added.outcome === 'full') {
      return deps.pages.showMessage(ctx, {
        status: 409,
        title: 'The shop is full',
        paragraphs: ['It keeps its listings in memory and has no room for another. Delete one first.'],
        action: { label: 'Back to the shop', href: '/' },
      });
    }
    leave(deps, ctx, session, { notice: `“${read.offer.title}” is for sale now.`, to: tableOf(session) });
  };

type ListingHandler = (deps: SellingPagesDeps, ctx: RouterContext, at: AtListing) => void;

interface AtListing {
  readonly listing: Listing;
  readonly session: Session;
  readonly form: URLSearchParams;
}

/** Beyond the role: the listing must be there, and the person's to change. */
const ofListing =
  (deps: SellingPagesDeps, handler: ListingHandler): Handler =>
  (ctx, session, form) => {
    const listing = deps.listings.find(ctx.params['id'] ?? '');
    if (listing === undefined) return deps.pages.showMessage(ctx, noSuchPage);
    if (mayChange(session.person, listing)) return handler(deps, ctx, { listing, session, form });
    deps.pages.showMessage(ctx, {
      status: 403,
      title: 'This is not your listing',
      paragraphs: [
        `${listing.sellerName} sells it. Sellers change only their own; it takes the permission ${MANAGE} to change it.`,
      ],
      action: { label: 'Back to the shop', href: '/' },
    });
  };

const showEdit: ListingHandler = (deps, ctx, { listing }) =>
  showForm(deps, ctx, { fields: fieldsOf(listing), listing });

const change: ListingHandler = (deps, ctx, { listing, session, form }) => {
  const fields = fieldsIn(form);
  const read = readOffer(fields);
  if (read.outcome === 'invalid') return showForm(deps, ctx, { fields, problems: read.problems, listing });
  deps.listings.change(listing.id, read.offer);
  leave(deps, ctx, session, { notice: `“${read.offer.title}” is changed.`, to: `/listings/${listing.id}` });
};

const showDelete: ListingHandler = ({ pages }, ctx, { listing }) =>
  pages.show(ctx, 'listing-delete', { title: `Delete “${listing.title}”?`, listing });

const remove: ListingHandler = (deps, ctx, { listing, session }) => {
  deps.listings.remove(listing.id);
  leave(deps, ctx, session, { notice: `“${listing.title}” is deleted.`, to: tableOf(session) });
};

interface ShownForm {
  readonly fields: OfferFields;
  readonly problems?: OfferProblems;
  readonly listing?: Listing;
}

function showForm(
  { pages }: SellingPagesDeps,
  ctx: RouterContext,
  { fields, problems = {}, listing }: ShownForm,
): void {
  const isBroken = Object.keys(problems).length > 0;
  if (isBroken) ctx.status = 422;
  pages.show(ctx, 'listing-form', {
    title: listing === undefined ? 'Add a listing' : 'Edit listing',
    action: listing === undefined ? '/listings' : `/listings/${listing.id}/edit`,
    submitLabel: listing === undefined ? 'Add listing' : 'Save changes',
    fields,
    problems,
    isBroken,
    conditions: CONDITIONS,
    pictures: PICTURES,
    backHref: listing === undefined ? '/' : `/listings/${listing.id}`,
  });
}

/** Where a person sees the list that they have just changed. */
const tableOf = ({ person }: Session): string => (may(person, MANAGE) ? '/manage' : '/my-listings');

function leave(
  { sessions }: SellingPagesDeps,
  ctx: RouterContext,
  session: Session,
  { notice, to }: { notice: string; to: string },
): void {
  sessions.leaveNotice(session.id, notice);
  ctx.status = 303;
  ctx.redirect(to);
}
