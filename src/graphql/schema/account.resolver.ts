import { Args, Query, Resolver } from 'type-graphql';
import { findCurrentUser } from '../../accounts/find-current-user.ts';
import { listSecurityEvents } from '../../accounts/list-security-events.ts';
import type { RequestScope } from '../../request/request-scope.ts';
import type { CurrentUser } from '../../sessions/authenticate.ts';
import { Authorized } from '../guards/authorized.ts';
import { CurrentUserArg } from '../guards/current-user-arg.ts';
import { RequestArg } from '../guards/request-arg.ts';
import { toConnection, toPagePosition } from './connection.type.ts';
import { SecurityEventConnection, SecurityEventsArgs, toSecurityEventNode } from './security-event.type.ts';
import { userType } from './user.type.ts';
import { UNVALIDATED } from './unvalidated.ts';

@Resolver()
export class AccountResolver {
  @Authorized()
  @Query(userType, { nullable: true, description: 'The user whom the access token names.' })
  async me(@CurrentUserArg() caller: CurrentUser, @RequestArg() { services }: RequestScope): Promise<object | null> {
    return findCurrentUser(services, caller);
  }

  @Authorized()
  @Query(() => SecurityEventConnection, {
    nullable: true,
    description: "The security events of the caller's account. Administrators may ask for any account's.",
  })
  async securityEvents(
    @Args(() => SecurityEventsArgs, UNVALIDATED) args: SecurityEventsArgs,
    @CurrentUserArg() caller: CurrentUser,
    @RequestArg() { services }: RequestScope,
  ): Promise<SecurityEventConnection> {
    const position = toPagePosition(args);
    const page = await listSecurityEvents(services, caller, args.userId ?? caller.id, position);
    return toConnection(page, position, toSecurityEventNode);
  }
}
