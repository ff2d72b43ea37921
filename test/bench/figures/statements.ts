// What PostgreSQL was asked: counted by itself (pg_stat_statements), while one lane does an operation so many times.
import { Client } from 'pg';

export interface Statement {
  /** As PostgreSQL keeps it: without the values. */
  readonly text: string;
  readonly calls: number;
  readonly rows: number;
}

export interface Counting {
  begin(): Promise<void>;
  /** What was asked since. */
  end(): Promise<readonly Statement[]>;
  close(): Promise<void>;
}

/** `url` is that of the database whose statements are counted. */
export async function countStatements(url: string): Promise<Counting> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query('create extension if not exists pg_stat_statements');
  const track = async (what: 'top' | 'none') => {
    await client.query(`alter system set pg_stat_statements.track = '${what}'`);
    await client.query('select pg_reload_conf(), pg_sleep(0.2)');
  };
  return {
    async begin() {
      await track('top');
      await client.query('select pg_stat_statements_reset()');
    },
    async end() {
      const { rows } = await client.query(`
        select query as text, calls::int, rows::int from pg_stat_statements
        where dbid = (select oid from pg_database where datname = current_database()) and query !~* 'pg_stat_statements|pg_reload_conf'
        order by calls desc, query`);
      await track('none');
      return rows as Statement[];
    },
    close: () => client.end(),
  };
}

export interface Counted {
  /** Of an operation, without the two below. */
  readonly statements: number;
  /** BEGIN, COMMIT, ROLLBACK, and savepoints. */
  readonly transactionControl: number;
  readonly rowsWritten: number;
}

const CONTROLS = /^(begin|commit|rollback|savepoint|release|start transaction)/i;
/** At the start, or inside of a WITH. */
const WRITES = /^(insert|update|delete|merge)|\b(insert into|update "|delete from)/i;

/** What others do meanwhile (the outbox, whoever follows keys) comes less often than the operation, and is left out. */
export function perOperation(all: readonly Statement[], operations: number): Counted {
  const ofIt = all.filter(({ calls }) => calls >= operations / 2);
  const sum = (of: readonly Statement[], what: 'calls' | 'rows') =>
    round(of.reduce((total, each) => total + each[what], 0) / operations);
  const isControl = ({ text }: Statement) => CONTROLS.test(text);
  return {
    statements: sum(
      ofIt.filter((each) => !isControl(each)),
      'calls',
    ),
    transactionControl: sum(ofIt.filter(isControl), 'calls'),
    rowsWritten: sum(
      ofIt.filter(({ text }) => WRITES.test(text)),
      'rows',
    ),
  };
}

const round = (value: number): number => Math.round(value * 10) / 10;
