import { defaultFieldResolver, type GraphQLField, type GraphQLSchema } from 'graphql';
import { type AuthContext, scopeOf } from '../../request/context.ts';
import { decisionsOf } from './authorized.ts';

/**
 * Makes public mutations determine `currentUser` again. They have no guard that checks the CSRF token, or whether an earlier
 * field of the document has logged out. If either is the case, `currentUser` is null.
 */
export function recheckUserOfPublicMutations(schema: GraphQLSchema): void {
  const fields: GraphQLField<unknown, AuthContext>[] = Object.values(schema.getMutationType()?.getFields() ?? {});
  for (const field of fields.filter((each) => decisionsOf(each).every(({ access }) => access === 'public'))) {
    const resolve = field.resolve ?? defaultFieldResolver;
    field.resolve = (source, args, context, info) => {
      context.currentUser = scopeOf(context).currentUserOfMutation();
      return resolve(source, args, context, info);
    };
  }
}
