import { defaultFieldResolver, type GraphQLField, type GraphQLObjectType, type GraphQLSchema } from 'graphql';
import { type AuthContext, scopeOf } from '../../request/context.ts';
import { decisionsOf } from './authorized.ts';

/**
 * Makes the public root fields determine `currentUser` again. They have no guard that checks whether the token has expired
 * while the context was held, whether an earlier field of the document has logged out, or, in a mutation, whether the
 * request has the CSRF token of its cookies. In each of these cases `currentUser` is null.
 */
export function recheckUserOfPublicFields(schema: GraphQLSchema): void {
  const mutation = schema.getMutationType();
  for (const type of [schema.getQueryType(), mutation, schema.getSubscriptionType()])
    for (const field of publicFieldsOf(type)) {
      const resolve = field.resolve ?? defaultFieldResolver;
      field.resolve = (source, args, context, info) => {
        const scope = scopeOf(context);
        context.currentUser = type === mutation ? scope.currentUserOfMutation() : scope.currentUser();
        return resolve(source, args, context, info);
      };
    }
}

function publicFieldsOf(
  type: GraphQLObjectType<unknown, AuthContext> | null | undefined,
): GraphQLField<unknown, AuthContext>[] {
  const fields = Object.values(type?.getFields() ?? {});
  return fields.filter((field) => decisionsOf(field).every(({ access }) => access === 'public'));
}
