// What PostgreSQL did for each statement that a page asked, as its own auto_explain writes it down, with the values it was asked with.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { sql } from 'kysely';
import { inject } from 'vitest';
import type { Db } from '../../../src/database/database.ts';

interface Node {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Actual Rows'?: number;
  readonly 'Actual Loops'?: number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Shared Hit Blocks'?: number;
  readonly 'Shared Read Blocks'?: number;
  readonly Plans?: readonly Node[];
}

export interface Statement {
  readonly text: string;
  readonly plan: Node;
}

const SETTINGS = {
  session_preload_libraries: 'auto_explain',
  'auto_explain.log_min_duration': '0',
  'auto_explain.log_analyze': 'on',
  'auto_explain.log_timing': 'off',
  'auto_explain.log_buffers': 'on',
  'auto_explain.log_format': 'json',
};

/** For connections that are opened from now on. */
export async function explainEverything(db: Db, more: Readonly<Record<string, string>> = {}): Promise<void> {
  await db.connection().execute(async (one) => {
    const { rows } = await sql<{ name: string }>`select current_database() as name`.execute(one);
    const database = sql.id(String(rows[0]?.name));
    await sql`load 'auto_explain'`.execute(one);
    for (const [setting, value] of Object.entries({ ...SETTINGS, ...more }))
      await sql`alter database ${database} set ${sql.raw(setting)} = ${sql.lit(value)}`.execute(one);
  });
}

/** Those of the work; it is done twice, since what else the server does meanwhile is asked once. */
export async function statementsOf(work: () => Promise<unknown>): Promise<readonly Statement[]> {
  const first = await loggedWhile(work);
  const second = await loggedWhile(work);
  const again = new Set(second.map(({ text }) => text));
  return first.filter(({ text }) => again.has(text));
}

async function loggedWhile(work: () => Promise<unknown>): Promise<readonly Statement[]> {
  const log = path.join(inject('runDirectory'), 'cluster', 'log');
  const before = readFileSync(log).length;
  await work();
  const statements: Statement[] = [];
  let json: string[] | undefined;
  for (const line of readFileSync(log).subarray(before).toString().split('\n')) {
    if (line.startsWith('\t')) json?.push(line);
    else {
      if (json !== undefined) statements.push(statementOf(json.join('\n')));
      json = line.endsWith(' plan:') ? [] : undefined;
    }
  }
  return statements;
}

function statementOf(json: string): Statement {
  const { 'Query Text': text, Plan: plan } = JSON.parse(json);
  return { text: text.replace(/\s+/g, ' ').trim(), plan };
}

export const nodesOf = (node: Node): readonly Node[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)];

/** What grows with the accounts; the planner reads what stays small from end to end with reason. */
const GROWING = new Set([
  'accounts',
  'app_sign_in_days',
  'app_sign_ins',
  'audit_events',
  'group_members',
  'mail_outbox',
  'oidc_payloads',
  'role_assignments',
  'session_details',
]);

/** Tables that grow and were read from end to end. */
export const scansIn = ({ plan }: Statement): readonly string[] =>
  nodesOf(plan)
    .filter((node) => node['Node Type'] === 'Seq Scan')
    .flatMap((node) => node['Relation Name'] ?? [])
    .filter((table) => GROWING.has(table));

/** The most rows that one step has taken at a time from a table or an index. */
export const mostRowsIn = ({ plan }: Statement): number =>
  Math.max(
    0,
    ...nodesOf(plan)
      .filter((node) => /Scan$/.test(node['Node Type']))
      .map(rowsOf),
  );

const rowsOf = (node: Node): number => (node['Actual Rows'] ?? 0) + (node['Rows Removed by Filter'] ?? 0);

/** One line for each step. */
export function drawn({ plan }: Statement): string {
  const draw = (node: Node, depth: number): string[] => {
    const on = node['Relation Name'] === undefined ? '' : ` on ${node['Relation Name']}`;
    const by = node['Index Name'] === undefined ? '' : ` by ${node['Index Name']}`;
    const blocks = (node['Shared Hit Blocks'] ?? 0) + (node['Shared Read Blocks'] ?? 0);
    const rows = `${node['Actual Rows'] ?? 0} rows × ${node['Actual Loops'] ?? 0}, ${blocks} blocks`;
    const line = `${'  '.repeat(depth)}${node['Node Type']}${on}${by} (${rows})`;
    return [line, ...(node.Plans ?? []).flatMap((below) => draw(below, depth + 1))];
  };
  return draw(plan, 2).join('\n');
}
