import { createParameterDecorator } from 'type-graphql';
import type { AuthContext } from '../../request/context.ts';

/**
 * A parameter of a guarded resolver: the user whom the guard let pass. Never null there.
 *
 * @example
 * ```ts
 * import { Authorized, type CurrentUser, CurrentUserArg } from 'graphql-simplejwt';
 * import { Query, Resolver } from 'type-graphql';
 *
 * @Resolver()
 * class GreetingResolver {
 *   @Authorized()
 *   @Query(() => String, { nullable: true })
 *   greeting(@CurrentUserArg() user: CurrentUser): string {
 *     return `hello ${user.id}`;
 *   }
 * }
 * ```
 */
export function CurrentUserArg(): ReturnType<typeof createParameterDecorator> {
  return createParameterDecorator<AuthContext>(({ context }) => context.currentUser);
}
