// What the checks look at.
import type { ClientRegistry } from '../../clients/client.ts';
import type { Clock } from '../../clock.ts';
import type { Config } from '../../config/config.ts';
import type { Environment } from '../../config/interpolation.ts';
import type { Problem } from '../../config/problem.ts';
import type { OpenDatabase } from '../../database/database.ts';

export interface Configured {
  readonly config: Config;
  readonly clients: ClientRegistry;
  readonly warnings: readonly Problem[];
  readonly env: Environment;
  readonly clock: Clock;
}

export interface Connected extends Configured {
  readonly database: OpenDatabase;
}
