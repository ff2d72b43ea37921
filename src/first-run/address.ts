// Where the set-up is, and the link that leads to it.

export const SETUP_PATH = '/setup';

export const TOKEN_PARAMETER = 'token';

/** Absolute, from the issuer: what is printed. */
export const setupAddress = (issuer: string, token: string): string =>
  `${issuer}${SETUP_PATH}?${TOKEN_PARAMETER}=${token}`;
