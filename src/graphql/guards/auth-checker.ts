import { type GraphQLResolveInfo, OperationTypeNode } from 'graphql';
import type { AuthCheckerFn } from 'type-graphql';
import { type AuthContext, scopeOf } from '../../request/context.ts';

/**
 * What every guard does, before its field is resolved: it makes `currentUser` the user whom it lets pass.
 *
 * @throws UnauthenticatedError, ForbiddenError, CsrfRejectedError or ServiceUnavailableError
 */
export function requireUser(context: AuthContext, { operation }: GraphQLResolveInfo, roles: readonly string[]): void {
  const isMutation = operation.operation === OperationTypeNode.MUTATION;
  context.currentUser = scopeOf(context).authorize(roles, isMutation);
}

/**
 * The guard behind the decorator `@Authorized`. It returns true or throws our own errors. type-graphql's own errors would answer
 * an anonymous caller of a role-guarded field with FORBIDDEN, and the client would not log in.
 */
export const authChecker: AuthCheckerFn<AuthContext> = ({ context, info }, roles) => {
  requireUser(context, info, roles);
  return true;
};
