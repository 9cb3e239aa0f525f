import { OperationTypeNode } from 'graphql';
import type { AuthCheckerFn } from 'type-graphql';
import type { AuthContext } from './auth-context.ts';

/**
 * The guard behind `@Authorized`. It returns exactly true or throws our own errors: type-graphql's would tell an
 * anonymous caller of a field with roles that he is not allowed, instead of to log in.
 */
export const authChecker: AuthCheckerFn<AuthContext> = ({ context, info }, roles) => {
  context.currentUser = context.auth.authorize(roles, info.operation.operation === OperationTypeNode.MUTATION);
  return true;
};
