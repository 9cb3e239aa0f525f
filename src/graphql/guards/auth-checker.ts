import { OperationTypeNode } from 'graphql';
import type { AuthCheckerFn } from 'type-graphql';
import { type AuthContext, scopeOf } from '../../request/context.ts';

/**
 * The guard behind `@Authorized`. It returns true or throws our own errors. type-graphql's own errors would answer an
 * anonymous caller of a role-guarded field with FORBIDDEN, and the client would not log in.
 */
export const authChecker: AuthCheckerFn<AuthContext> = ({ context, info }, roles) => {
  const isMutation = info.operation.operation === OperationTypeNode.MUTATION;
  context.currentUser = scopeOf(context).authorize(roles, isMutation);
  return true;
};
