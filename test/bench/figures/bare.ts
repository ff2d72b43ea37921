// The yardstick of bare-engine.ts as one of those that are measured.
import { fork } from 'node:child_process';
import path from 'node:path';
import { cpuSecondsOf, type Site } from './site.ts';

export interface Bare extends Pick<Site, 'port' | 'cpuSeconds' | 'megabytesAtMost'> {
  /** Refresh tokens, one a lane. */
  readonly tokens: readonly string[];
  stop(): void;
}

export async function startBareEngine(): Promise<Bare> {
  const child = fork(path.join(import.meta.dirname, 'bare-engine.ts'), {
    env: { ...process.env, NODE_ENV: 'production' },
  });
  const { port, tokens } = await new Promise<{ port: number; tokens: string[] }>((resolve, reject) => {
    child.once('message', resolve as () => void);
    child.once('exit', () => reject(new Error('the bare engine has ended')));
  });
  return {
    port,
    tokens,
    cpuSeconds: () => cpuSecondsOf([child.pid ?? 0]),
    megabytesAtMost: () => 0,
    stop: () => void child.kill(),
  };
}
