// The description of the API: a page for people, OpenAPI for programs. Only where the configuration shows it.
import { z } from 'zod';
import { API_PATH } from '../config/roles/product-api.ts';
import { PRODUCT_PERMISSIONS } from '../config/roles/product-permissions.ts';
import { renderPage } from '../http/page.ts';
import { nothingThere } from '../http/refusals.ts';
import { anyone, get, type Route } from '../http/route.ts';
import type { ApiDeps } from './deps.ts';
import { openApi, permissionsFor } from './openapi.ts';
import type { Operation } from './operation.ts';

export const OPENAPI_PATH = `${API_PATH}/openapi.json`;

export function docsRoutes({ config }: ApiDeps, operations: readonly Operation[]): readonly Route[] {
  const requireShown = () => {
    if (!config.api.docs) throw nothingThere();
  };
  return [
    get(API_PATH, anyone, async (ctx) => {
      requireShown();
      await renderPage(ctx, 'api/docs', {
        title: `${config.name}: administration`,
        audience: config.api.audience,
        openapi: OPENAPI_PATH,
        permissions: Object.entries(PRODUCT_PERMISSIONS),
        sections: sectionsOf(operations),
      });
    }),
    get(OPENAPI_PATH, anyone, async (ctx) => {
      requireShown();
      ctx.body = JSON.stringify(openApi(operations, { issuer: config.issuer, name: config.name }), null, 2);
      ctx.type = 'application/json';
    }),
  ];
}

const sectionsOf = (operations: readonly Operation[]) =>
  [...Map.groupBy(operations, ({ tag }) => tag)].map(([tag, ofTag]) => ({
    tag,
    operations: ofTag.map((operation) => ({
      id: operation.id,
      method: operation.method,
      path: `${API_PATH}${operation.path.replaceAll(/:(\w+)/g, '{$1}')}`,
      summary: operation.summary,
      description: operation.description,
      needs: permissionsFor(operation).join(' '),
      fields: [
        ...fieldsOf(operation.params, 'path'),
        ...fieldsOf(operation.query, 'query'),
        ...(operation.ifMatch === undefined ? [] : [IF_MATCH]),
        ...(operation.body === undefined ? [] : fieldsOf(operation.body, 'body')),
      ],
      answer: `${operation.success.status}: ${operation.success.description}`,
    })),
  }));

const IF_MATCH = { name: 'If-Match', where: 'header', isRequired: true, text: 'The ETag of what was read.' };

/** Of what is sent, in the words of its schema. */
function fieldsOf(schema: z.ZodType, where: 'path' | 'query' | 'body') {
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: 'input' });
  return Object.entries(properties).map(([name, property]) => {
    const { description, enum: choices } = property as { description?: string; enum?: readonly string[] };
    const isRequired = where === 'path' || required.includes(name);
    return { name, where, isRequired, text: [description, choices?.join(' | ')].filter(Boolean).join(' ') };
  });
}
