// What everyone sees: the front page and one product.
import type Router from '@koa/router';
import { type Listings, mayChange } from './listings.ts';
import { noSuchPage } from './messages.ts';
import type { Pages } from './pages.ts';
import { returnsFromSignOut } from './sign-in-pages.ts';
import type { Visitors } from './visitors.ts';

export interface BrowsePagesDeps {
  readonly listings: Listings;
  readonly visitors: Visitors;
  readonly pages: Pages;
}

export function addBrowsePages(router: Router, { listings, visitors, pages }: BrowsePagesDeps): void {
  router.get('/', (ctx) => {
    const notice = returnsFromSignOut(ctx) ? { notice: 'You are signed out.' } : {};
    pages.show(ctx, 'home', { listings: listings.list(), ...notice });
  });

  router.get('/listings/:id', (ctx) => {
    const listing = listings.find(ctx.params['id'] ?? '');
    if (listing === undefined) return pages.showMessage(ctx, noSuchPage);
    const person = visitors.current(ctx)?.person;
    pages.show(ctx, 'listing', {
      title: listing.title,
      listing,
      canChange: person !== undefined && mayChange(person, listing),
    });
  });
}
