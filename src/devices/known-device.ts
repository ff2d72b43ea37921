// Whether somebody who types this name has signed in from this browser before.
import { findAccountByIdentifier } from '../accounts/accounts.ts';
import { type DeviceDeps, findDevice } from './devices.ts';

/** An id that no account has. */
const NOBODY = '00000000-0000-0000-0000-000000000000';

/** The id of the device. The same queries whether there is such an account or not. */
export async function knownDeviceOf(
  deps: DeviceDeps,
  { identifier, token }: { identifier: string; token: string | undefined },
): Promise<string | undefined> {
  if (token === undefined) return undefined;
  const account = await findAccountByIdentifier(deps.db, identifier);
  return (await findDevice(deps, { accountId: account?.id ?? NOBODY, token }))?.id;
}
