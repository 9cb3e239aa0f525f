import { defaultFieldResolver, type GraphQLField, type GraphQLSchema } from 'graphql';
import type { AuthContext } from './auth-context.ts';
import { decisionsOf } from './authorized.ts';

/**
 * A public mutation has no guard that asks for the CSRF token. What a cookie alone says of its user is not believed there:
 * the mutation runs as for somebody unknown.
 */
export function doubtUsersOfPublicMutations(schema: GraphQLSchema): void {
  const fields: GraphQLField<unknown, AuthContext>[] = Object.values(schema.getMutationType()?.getFields() ?? {});
  for (const field of fields.filter((each) => decisionsOf(each).every(({ access }) => access === 'public'))) {
    const resolve = field.resolve ?? defaultFieldResolver;
    field.resolve = (source, args, context, info) => {
      if (!context.auth.mayMutate()) context.currentUser = null;
      return resolve(source, args, context, info);
    };
  }
}
