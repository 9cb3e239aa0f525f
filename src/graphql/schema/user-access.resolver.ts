import { Arg, Mutation, Resolver } from 'type-graphql';
import { endUserSessions } from '../../accounts/end-user-sessions.ts';
import type { RequestScope } from '../../request/request-scope.ts';
import type { CurrentUser } from '../../sessions/authenticate.ts';
import { ADMIN } from '../../users/roles.ts';
import { Authorized } from '../guards/authorized.ts';
import { CurrentUserArg } from '../guards/current-user-arg.ts';
import { RequestArg } from '../guards/request-arg.ts';
import { ActivateUserInput, DeactivateUserInput, EndUserSessionsInput } from './admin.input.ts';
import { EndSessionPayload, toEndedPayload } from './session.type.ts';
import { UNVALIDATED } from './unvalidated.ts';
import { userType } from './user.type.ts';

/** What administrators do to the access of a user, whoever keeps the user. */
@Resolver()
export class UserAccessResolver {
  @Authorized(ADMIN)
  @Mutation(userType, {
    nullable: true,
    description: 'Deactivates a user. Every session ends at once, and no new one can be opened.',
  })
  async deactivateUser(
    @Arg('input', () => DeactivateUserInput, UNVALIDATED) { id }: DeactivateUserInput,
    @CurrentUserArg() caller: CurrentUser,
    @RequestArg() { services, device }: RequestScope,
  ): Promise<object> {
    return services.users.deactivate(caller, id, device);
  }

  @Authorized(ADMIN)
  @Mutation(userType, {
    nullable: true,
    description: 'Activates a deactivated user. Ended sessions stay ended.',
  })
  async activateUser(
    @Arg('input', () => ActivateUserInput, UNVALIDATED) { id }: ActivateUserInput,
    @CurrentUserArg() caller: CurrentUser,
    @RequestArg() { services, device }: RequestScope,
  ): Promise<object> {
    return services.users.activate(caller, id, device);
  }

  @Authorized(ADMIN)
  @Mutation(() => EndSessionPayload, { nullable: true, description: 'Ends all sessions of a user.' })
  async endUserSessions(
    @Arg('input', () => EndUserSessionsInput, UNVALIDATED) { id }: EndUserSessionsInput,
    @CurrentUserArg() caller: CurrentUser,
    @RequestArg() { services, device }: RequestScope,
  ): Promise<EndSessionPayload> {
    return toEndedPayload(await endUserSessions(services, caller, id, device));
  }
}
