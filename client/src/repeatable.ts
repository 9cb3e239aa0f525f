import { authErrorOf, type GraphQLErrorLike } from './errors.ts';

/**
 * Whether a mutation may be sent again, because guards refused every root field before its resolver ran. Any other error
 * may come from a resolver that has already done something. So may an error below a root field.
 *
 * @param rootFields the response names of all root fields; null if they are not known.
 */
export function isMutationRepeatable(
  errors: readonly GraphQLErrorLike[] | undefined,
  rootFields: readonly string[] | null,
): boolean {
  // The `errors` of an API that is not GraphQL may be anything.
  if (!Array.isArray(errors)) return false;
  const refused = new Set<unknown>();
  for (const error of errors as readonly GraphQLErrorLike[]) {
    const code = authErrorOf(error)?.code;
    if ((code !== 'UNAUTHENTICATED' && code !== 'CSRF_REJECTED') || (error.path?.length ?? 0) > 1) return false;
    refused.add(error.path?.[0]);
  }
  // An error without a path refuses the request as a whole.
  if (refused.has(undefined)) return refused.size === 1;
  return rootFields !== null && rootFields.every((name) => refused.has(name));
}

/**
 * The response name of the only root field of a document; null if the document has several root fields, a fragment, or a
 * directive on the field.
 */
export function onlyRootField(document: string): string | null {
  let text = document.replaceAll(/"""[^]*?"""|"(?:\\.|[^"\\])*"|#.*/g, '').replaceAll(/\([^()]*\)/g, '');
  // Removes the selections below the root.
  for (let length = 0; length !== text.length; text = text.replaceAll(/(\{[^{}]*)\{[^{}]*\}/g, '$1'))
    length = text.length;
  const [, alias, name] = /^[^{}]*\{[\s,]*(?:(\w+)\s*:\s*)?(\w+)[\s,]*\}[^{}]*$/.exec(text) ?? [];
  return alias ?? name ?? null;
}
