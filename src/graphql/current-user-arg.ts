import { createParameterDecorator } from 'type-graphql';
import type { AuthContext } from './auth-context.ts';

/** The parameter of a guarded resolver that is the user whom the guard let pass. */
export function CurrentUserArg(): ReturnType<typeof createParameterDecorator> {
  return createParameterDecorator<AuthContext>(({ context }) => context.currentUser);
}
