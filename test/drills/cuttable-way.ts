// The way to the database through something that can be cut without a word.
import { databaseLine } from '../support/database-line.ts';
import type { Way } from './under-load.ts';

export interface CuttableWay extends Way {
  readonly means: string;
  cut(): Promise<void>;
  mend(): Promise<void>;
}

/** A proxy that swallows what it is sent: no FIN, no RST, no answer. */
export async function cuttableWay(databaseUrl: string): Promise<CuttableWay> {
  const line = await databaseLine(databaseUrl);
  return {
    means: 'a proxy that swallows what it is sent',
    url: line.url,
    cut: async () => line.swallow(),
    mend: () => line.mend(),
    close: () => line.close(),
  };
}
