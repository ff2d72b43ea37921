// A person no longer wants a browser to be known, or any.
import { recordEvent, type Source } from '../audit/audit-log.ts';
import { atomically } from '../database/atomically.ts';
import { type DeviceDeps, deleteDevice, forgetDevicesOf } from './devices.ts';

/** False when it is not one of this account's. */
export const forgetDevice = (
  deps: DeviceDeps,
  { accountId, deviceId, source }: { accountId: string; deviceId: string; source: Source },
): Promise<boolean> =>
  atomically(deps.db, async (tx) => {
    const inside = { ...deps, db: tx };
    if (!(await deleteDevice(tx, { accountId, deviceId }))) return false;
    await recordEvent(inside, { event: 'device.forgotten', accountId, source });
    return true;
  });

/** Returns how many there were. */
export const forgetAllDevices = (
  deps: DeviceDeps,
  { accountId, source }: { accountId: string; source: Source },
): Promise<number> =>
  atomically(deps.db, async (tx) => {
    const inside = { ...deps, db: tx };
    const devices = await forgetDevicesOf(tx, accountId);
    if (devices > 0) await recordEvent(inside, { event: 'device.forgotten', accountId, source, details: { devices } });
    return devices;
  });
