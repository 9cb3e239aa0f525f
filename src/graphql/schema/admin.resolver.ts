import { Arg, Args, Mutation, Query, Resolver } from 'type-graphql';
import { deleteUser } from '../../accounts/delete-user.ts';
import { listUsers } from '../../accounts/list-users.ts';
import { setUserRoles } from '../../accounts/set-user-roles.ts';
import type { RequestScope } from '../../request/request-scope.ts';
import type { CurrentUser } from '../../sessions/authenticate.ts';
import { ADMIN } from '../../users/roles.ts';
import { Authorized } from '../guards/authorized.ts';
import { CurrentUserArg } from '../guards/current-user-arg.ts';
import { RequestArg } from '../guards/request-arg.ts';
import { DeleteUserInput, SetUserRolesInput } from './admin.input.ts';
import { UserConnection } from './admin.type.ts';
import { ConnectionArgs, toConnection, toPagePosition } from './connection.type.ts';
import { UserType } from './user.type.ts';
import { UNVALIDATED } from './unvalidated.ts';

/** Left out of the schema if the host keeps the users. */
@Resolver()
export class AdminResolver {
  @Authorized(ADMIN)
  @Query(() => UserConnection, { nullable: true, description: 'All users, latest first.' })
  async users(
    @Args(() => ConnectionArgs, UNVALIDATED) args: ConnectionArgs,
    @CurrentUserArg() caller: CurrentUser,
    @RequestArg() { services }: RequestScope,
  ): Promise<UserConnection> {
    const position = toPagePosition(args);
    return toConnection(await listUsers(services, caller, position), position, (user) => user);
  }

  @Authorized(ADMIN)
  @Mutation(() => UserType, {
    nullable: true,
    description: 'Deletes a user. Every session ends at once. Returns the deleted user.',
  })
  async deleteUser(
    @Arg('input', () => DeleteUserInput, UNVALIDATED) { id }: DeleteUserInput,
    @CurrentUserArg() caller: CurrentUser,
    @RequestArg() { services, device }: RequestScope,
  ): Promise<UserType> {
    return deleteUser(services, caller, id, device);
  }

  @Authorized(ADMIN)
  @Mutation(() => UserType, {
    nullable: true,
    description: "Replaces a user's roles, effective at once. No session ends.",
  })
  async setUserRoles(
    @Arg('input', () => SetUserRolesInput, UNVALIDATED) { id, roles }: SetUserRolesInput,
    @CurrentUserArg() caller: CurrentUser,
    @RequestArg() { services, device }: RequestScope,
  ): Promise<UserType> {
    return setUserRoles(services, caller, id, roles, device);
  }
}
