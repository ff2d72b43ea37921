// What is tried where a text could become a piece of a statement: as sqlmap tries it, and what PostgreSQL, LIKE and JSON read.

const QUOTES = [`'`, `''`, `"`, '`', `\\`, `\\'`, `';`, `")`, `')`, `'))`, `'"\\`, `$$`, `$x$`, `E'\\x27'`];

const CONDITIONS = [
  `' or 1=1--`,
  `' or '1'='1`,
  `' or 1=1#`,
  `' or 1=1/*`,
  `') or ('1'='1`,
  `')) or (('1'='1`,
  `" or ""="`,
  `1 or 1=1`,
  `1' and 1=2--`,
  `' or true--`,
  `' || 'a'='a`,
  `x' or email like '%`,
  `' and ascii(substr((select version()),1,1))>0--`,
];

const STATEMENTS = [
  `1; drop table accounts; --`,
  `'; drop table accounts; --`,
  `'; update accounts set status='banned'; --`,
  `'; insert into role_assignments values ('x','gatehouse:admin'); --`,
  `'; select pg_sleep(20); --`,
  `' and 1=(select 1 from pg_sleep(20))--`,
  `'||(select pg_sleep(20))||'`,
  `1;select pg_sleep(20)`,
  `'; copy accounts to program 'id'; --`,
  `'; set role postgres; --`,
];

const UNIONS = [
  `' union select null--`,
  `' union select null,null,null,null,null,null--`,
  `' union all select id,email,password_hash from accounts--`,
  `x' || (select password_hash from accounts limit 1) || '`,
  `' and 1=cast((select password_hash from accounts limit 1) as int)--`,
  `' and extractvalue(1,concat(0x7e,version()))--`,
  `' group by 1 having 1=1--`,
  `' order by 99--`,
  `created_at desc, (select 1)`,
  `newest; --`,
  `email asc, pg_sleep(20)`,
];

const WILDCARDS = [`%`, `_`, `%%`, `%_%`, `\\%`, `[a-z]*`, `.*`, `^`, `~`, `*`, `?`, `$1`, `:id`, `@@version`];

const VALUES = [
  `null`,
  `NaN`,
  `-1`,
  `0`,
  `1e9`,
  `9`.repeat(40),
  `0x27`,
  `{"a":1}`,
  `[]`,
  `{}`,
  `->>'a'`,
  `\u{10ffff}`,
  `é`,
  `\u202e`,
  `\u0001`,
  `x`.repeat(1000),
  `../../etc/passwd`,
];

/** A NUL is no text for PostgreSQL, and half a character none for UTF-8. */
export const UNTEXTS = ['\0', "ada\0' or 1=1--", '%ED%A0%80', '%FF', '%C3%28'];

export const INJECTIONS: readonly string[] = [
  ...QUOTES,
  ...CONDITIONS,
  ...STATEMENTS,
  ...UNIONS,
  ...WILDCARDS,
  ...VALUES,
];
