import {
  defaultFieldResolver,
  type GraphQLField,
  type GraphQLFieldResolver,
  type GraphQLObjectType,
  type GraphQLSchema,
} from 'graphql';
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
    for (const field of publicFieldsOf(type)) recheckUserOf(field, type === mutation);
}

/** Makes one public root field determine `currentUser` again. */
export function recheckUserOf(field: GraphQLField<unknown, AuthContext>, isMutation: boolean): void {
  const recheck = (resolve: GraphQLFieldResolver<unknown, AuthContext>): typeof resolve => {
    return (source, args, context, info) => {
      const scope = scopeOf(context);
      context.currentUser = isMutation ? scope.currentUserOfMutation() : scope.currentUser();
      return resolve(source, args, context, info);
    };
  };
  field.resolve = recheck(field.resolve ?? defaultFieldResolver);
  if (field.subscribe !== undefined) field.subscribe = recheck(field.subscribe);
}

function publicFieldsOf(
  type: GraphQLObjectType<unknown, AuthContext> | null | undefined,
): GraphQLField<unknown, AuthContext>[] {
  const fields = Object.values(type?.getFields() ?? {});
  return fields.filter((field) => decisionsOf(field).every(({ access }) => access === 'public'));
}
