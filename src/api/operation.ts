// An operation of the API as data: its route, what it needs, what it takes and answers, and what it does.
import { z } from 'zod';
import type { ProductPermission } from '../config/roles/product-permissions.ts';
import type { Method } from '../http/route.ts';
import type { Condition } from './conditions.ts';
import type { AdministratingProgram } from './deps.ts';

export interface Answer {
  readonly status: 200 | 201 | 202 | 204 | 304;
  /** JSON, or text with `type`. */
  readonly body?: unknown;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The body is all there is of one thing: it gets an ETag. */
  readonly tagged?: boolean;
}

export interface Call<Params, Query, Body> {
  /** For the verbs of `administration`. */
  readonly by: AdministratingProgram;
  /** As they are now; a verb asks again. */
  readonly may: ReadonlySet<ProductPermission>;
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  /** What If-Match and If-None-Match say. */
  readonly condition: Condition;
}

export type Tag = 'Accounts' | 'Access' | 'Clients' | 'Sessions' | 'Audit' | 'Server';

/** What a success looks like: without a schema, no content. */
export interface Success {
  readonly status: Answer['status'];
  readonly description: string;
  readonly schema?: z.ZodType;
  /** Besides JSON: what else comes, instead of it. */
  readonly type?: string;
}

export interface OperationHead {
  /** One word in camel case; what generated clients call it. */
  readonly id: string;
  readonly method: Method;
  /** Below /api/v1, with `:name` for what varies. */
  readonly path: string;
  readonly needs: ProductPermission;
  /** Needed besides, since the answer shows what this one permits to see. */
  readonly shows?: ProductPermission;
  readonly tag: Tag;
  readonly summary: string;
  readonly description?: string;
  readonly success: Success;
  /** Refused with 428 without If-Match (RFC 6585 section 3). */
  readonly ifMatch?: 'required' | 'optional';
}

type Fields = z.ZodObject<z.ZodRawShape>;

interface Stated<P extends Fields, Q extends Fields, B extends z.ZodType> extends OperationHead {
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  readonly run: (call: Call<z.output<P>, z.output<Q>, z.output<B>>) => Promise<Answer>;
}

export interface Operation extends OperationHead {
  readonly params: Fields;
  readonly query: Fields;
  /** Undefined: it takes no body. */
  readonly body: z.ZodType | undefined;
  readonly run: (call: Call<unknown, unknown, unknown>) => Promise<Answer>;
}

const NOTHING = z.strictObject({});

/** What has been sent has passed the schemas when `run` is called. */
export function operation<P extends Fields = Fields, Q extends Fields = Fields, B extends z.ZodType = z.ZodUndefined>(
  stated: Stated<P, Q, B>,
): Operation {
  const { params = NOTHING as unknown as P, query = NOTHING as unknown as Q, body, run, ...head } = stated;
  return {
    ...head,
    params,
    query,
    body,
    run: (sent) =>
      run({
        ...sent,
        params: sent.params as z.output<P>,
        query: sent.query as z.output<Q>,
        body: sent.body as z.output<B>,
      }),
  };
}
