import { createParameterDecorator } from 'type-graphql';
import { type AuthContext, scopeOf } from '../../request/context.ts';

/** A parameter of our resolvers: the request that is being answered. */
export function RequestArg(): ReturnType<typeof createParameterDecorator> {
  return createParameterDecorator<AuthContext>(({ context }) => scopeOf(context));
}
