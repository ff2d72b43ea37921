// Where to go after signing in: only ever a page of this shop.

/** The path and query of `target` if it lies in the shop, else the front page: never another site. */
export function returnPath(target: string | undefined, shopUrl: string): string {
  if (target === undefined || !URL.canParse(target, shopUrl)) return '/';
  const url = new URL(target, shopUrl);
  // "/.//elsewhere" is a path of ours that reads as another host once it stands alone: hence one slash only.
  return url.origin === new URL(shopUrl).origin ? `${url.pathname.replace(/^\/+/, '/')}${url.search}` : '/';
}

export const signInPath = (returnTo: string): string =>
  returnTo === '/' ? '/sign-in' : `/sign-in?return_to=${encodeURIComponent(returnTo)}`;
