// Where the shop's few log lines go. Never a token, a code or a cookie in them.

export type Log = (line: string) => void;
