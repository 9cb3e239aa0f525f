import { defaultFieldResolver, type GraphQLField, type GraphQLSchema } from 'graphql';
import type { AuthContext } from './auth-context.ts';
import { decisionsOf } from './authorized.ts';

/**
 * A public mutation has no guard that asks for the CSRF token, or whether an earlier field of the document has logged out.
 * So its user is looked at anew: who is not beyond doubt is somebody unknown.
 */
export function doubtUsersOfPublicMutations(schema: GraphQLSchema): void {
  const fields: GraphQLField<unknown, AuthContext>[] = Object.values(schema.getMutationType()?.getFields() ?? {});
  for (const field of fields.filter((each) => decisionsOf(each).every(({ access }) => access === 'public'))) {
    const resolve = field.resolve ?? defaultFieldResolver;
    field.resolve = (source, args, context, info) => {
      context.currentUser = context.auth.userOfPublicMutation();
      return resolve(source, args, context, info);
    };
  }
}
