// How requests reach the server: it is asked, through the issuer, what it saw of one.
import { z } from 'zod';
import { isLoopback } from '../../config/urls.ts';
import { PROBE_HEADER, PROBE_PATH } from '../../server/diagnosis/probe.ts';
import { leaveProbe } from '../../server/server-state.ts';
import { type Finding, note, ok, problem } from './finding.ts';
import { ask, parsed } from './issuer.ts';
import type { Connected } from './surroundings.ts';

const CHECK = 'proxy';

const answer = z.object({
  received: z.object({
    peer: z.string(),
    trusted: z.boolean(),
    client: z.string(),
    forwardedFor: z.string().optional(),
    forwardedHost: z.string().optional(),
    forwardedProto: z.string().optional(),
  }),
});

export type Seen = z.infer<typeof answer>['received'];

export async function checkProxy({ config, clock, database }: Connected): Promise<Finding[]> {
  const token = await leaveProbe({ db: database.db, clock });
  const asked = await ask(`${config.issuer}${PROBE_PATH}`, { [PROBE_HEADER]: token, accept: 'application/json' });
  const read = 'why' in asked || asked.response.status !== 200 ? undefined : answer.safeParse(parsed(asked.text));
  if (read?.success) return proxyFindings(read.data.received, config.issuer);
  return [
    problem(
      CHECK,
      'The server does not find what this command has just left in the database',
      `The server uses another database, or runs an older version, or the proxy drops the header ${PROBE_HEADER}: compare DATABASE_URL and GATEHOUSE_DATA_DIR.`,
    ),
  ];
}

export function proxyFindings(seen: Seen, issuer: string): Finding[] {
  const url = new URL(issuer);
  const { peer, trusted, client, forwardedFor, forwardedProto } = seen;
  const findings: Finding[] = [];
  if (forwardedFor !== undefined && !trusted) {
    findings.push(
      problem(
        CHECK,
        `Your proxy at ${peer} is not in server.trusted_proxies, so everyone shares one address in the sign-in limits`,
        `Add it to gatehouse.yaml, server: trusted_proxies: [${peer}/${peer.includes(':') ? 128 : 32}], or the network it calls from, and restart.`,
      ),
    );
  } else if (forwardedFor === undefined && (trusted || url.protocol === 'https:')) {
    findings.push(
      problem(
        CHECK,
        `The proxy at ${peer} does not say whom it speaks for, so everyone shares one address in the sign-in limits`,
        'Let it append the caller to X-Forwarded-For ("proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for" in nginx).',
      ),
    );
  }
  if (forwardedProto !== undefined && `${forwardedProto}:` !== url.protocol) {
    findings.push(
      note(
        CHECK,
        `X-Forwarded-Proto is ${forwardedProto}, the issuer ${url.protocol.slice(0, -1)}`,
        'Gatehouse goes by its issuer; see that the proxy takes https only, or redirects to it.',
      ),
    );
  }
  if (findings.length > 0) return findings;
  if (forwardedFor !== undefined) return [ok(CHECK, `${peer} is trusted and names the caller: ${client}`)];
  return [
    ok(CHECK, isLoopback(url) ? 'none: reached directly on this machine' : `none: reached directly from ${peer}`),
  ];
}
