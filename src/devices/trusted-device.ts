// Whether this browser may leave the code out. Asked when the password was right, and again when the sign-in ends.
import { type DeviceDeps, findDevice, type Presented } from './devices.ts';
import { mayTrustDevices } from './remember-device.ts';

/** An account that has become an administrator's since is asked again, on every device. */
export async function isTrustedDevice(deps: DeviceDeps, presented: Presented): Promise<boolean> {
  const device = await findDevice(deps, presented);
  return device?.trustedUntil !== undefined && (await mayTrustDevices(deps, presented.accountId));
}
