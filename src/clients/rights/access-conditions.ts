// What a client file demands of people's attributes, and whether somebody's values meet it.
import { z } from 'zod';
import type { Attribute } from '../../config/config.ts';
import { didYouMean } from '../../config/did-you-mean.ts';
import type { Finding } from '../client-draft.ts';

export interface AttributeCondition {
  readonly name: string;
  /** One of them is enough; of a list, one entry. */
  readonly values: readonly (string | number | boolean)[];
}

export const attributeConditions = z.record(
  z.string(),
  z.strictObject({
    in: z
      .array(z.union([z.string(), z.number(), z.boolean()]))
      .min(1)
      .describe('One of these values; of an attribute of type: list, one of its entries.'),
  }),
);

type Stated = z.output<typeof attributeConditions>;

/** Attributes have to be declared, kept by operators, and the values such as they can have. */
export function* conditionProblems(stated: Stated, attributes: ReadonlyMap<string, Attribute>): Iterable<Finding> {
  for (const [name, { in: values }] of Object.entries(stated)) {
    const path = ['access', 'attributes', name];
    const attribute = attributes.get(name);
    if (attribute === undefined) {
      const hint = didYouMean(name, attributes.keys());
      yield { path, message: `${JSON.stringify(name)} is not among the attributes of gatehouse.yaml${hint}` };
      continue;
    }
    if (attribute.edit === 'user') {
      yield {
        path,
        message: 'people change this attribute themselves; to let them in or not it has to be edit: operator',
      };
    }
    for (const [index, value] of values.entries()) {
      const message = valueProblem(attribute, value);
      if (message !== undefined) yield { path: [...path, 'in', index], message };
    }
  }
}

function valueProblem({ type, choices }: Attribute, value: string | number | boolean): string | undefined {
  const wanted = type === 'number' || type === 'boolean' ? type : 'string';
  if (typeof value !== wanted)
    return `expected a ${wanted === 'string' ? 'text' : wanted}, as the attribute is type: ${type}`;
  if (choices.length === 0 || choices.includes(String(value))) return undefined;
  return `is not among the choices of the attribute: ${choices.join(', ')}${didYouMean(String(value), choices)}`;
}

/** `actual` as attributes are stored and declared now; undefined meets nothing. */
export const meetsCondition = (
  { values }: AttributeCondition,
  actual: string | number | boolean | readonly string[] | undefined,
): boolean => [actual ?? []].flat().some((each) => values.includes(each));
