// A signed-in person of the demo shop, made up for one test.
import type { Person } from '../../../examples/shop/sign-in.ts';

export const personNamed = (subject: string, roles: readonly string[] = [], issuedAt = 1_700_000_000): Person => ({
  subject,
  name: subject,
  roles,
  permissions: undefined,
  claims: { iss: 'http://localhost:3000', sub: subject, aud: 'shop', iat: issuedAt, exp: issuedAt + 3600 },
  tokens: { idToken: 'id', accessToken: 'access', refreshToken: 'refresh', expiresAt: (issuedAt + 300) * 1000 },
});
