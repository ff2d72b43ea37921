// Who looks at the lists of a server with very many accounts: a person at the console, and a program of the API.
import { administrator } from '../administrators.ts';
import { PROGRAMS, program } from '../api.ts';
import { startTestServer, type TestServer } from '../start-server.ts';
import { fill, type HowMany } from './fill.ts';
import type { List } from './lists.ts';

/** On PostgreSQL. */
export async function startWithMany(many: HowMany): Promise<TestServer> {
  const server = await startTestServer({ database: 'postgres', logLevel: 'silent', clients: PROGRAMS });
  await fill(String(server.databaseUrl), many);
  return server;
}

export interface Lookers {
  /** Reads it to its end. */
  look(list: List): Promise<{ readonly milliseconds: number; readonly status: number }>;
}

export async function lookersAt(server: TestServer): Promise<Lookers> {
  const { browser } = await administrator(server);
  const cookies = Object.entries(await browser.cookiesAt(`${server.issuer}/`));
  const { token } = await program(server);
  const headers = {
    console: { accept: 'text/html', cookie: cookies.map(([name, value]) => `${name}=${value}`).join('; ') },
    API: { authorization: `Bearer ${token}` },
  };
  return {
    async look({ of, path }) {
      const started = performance.now();
      const response = await fetch(`${server.issuer}${path}`, { headers: headers[of], redirect: 'manual' });
      await response.text();
      return { milliseconds: performance.now() - started, status: response.status };
    },
  };
}
