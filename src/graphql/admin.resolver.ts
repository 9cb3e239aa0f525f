import { Arg, Args, Ctx, Mutation, Query, Resolver } from 'type-graphql';
import { ADMIN } from '../users/user.entity.ts';
import { toUserType, UserType } from './account.type.ts';
import {
  ActivateUserInput,
  DeactivateUserInput,
  DeleteUserInput,
  EndUserSessionsInput,
  SetUserRolesInput,
} from './admin.input.ts';
import { UserConnection } from './admin.type.ts';
import type { AuthContext } from './auth-context.ts';
import { Authorized } from './authorized.ts';
import { ConnectionArgs, toConnection, toPagePosition } from './connection.type.ts';
import { EndSessionPayload, toEndedPayload } from './session.type.ts';

@Resolver()
export class AdminResolver {
  @Authorized(ADMIN)
  @Query(() => UserConnection, { nullable: true, description: 'All users, the latest first.' })
  async users(@Args(() => ConnectionArgs) args: ConnectionArgs, @Ctx() { auth }: AuthContext): Promise<UserConnection> {
    const position = toPagePosition(args);
    return toConnection(await auth.listUsers(position), position, toUserType);
  }

  @Authorized(ADMIN)
  @Mutation(() => UserType, {
    nullable: true,
    description: 'Locks a user out: every session ends at once, and no new one can be opened.',
  })
  async deactivateUser(
    @Arg('input', () => DeactivateUserInput) { id }: DeactivateUserInput,
    @Ctx() { auth }: AuthContext,
  ): Promise<UserType> {
    return toUserType(await auth.deactivateUser(id));
  }

  @Authorized(ADMIN)
  @Mutation(() => UserType, { nullable: true, description: 'Lets a user in again. What has ended stays ended.' })
  async activateUser(
    @Arg('input', () => ActivateUserInput) { id }: ActivateUserInput,
    @Ctx() { auth }: AuthContext,
  ): Promise<UserType> {
    return toUserType(await auth.activateUser(id));
  }

  @Authorized(ADMIN)
  @Mutation(() => UserType, {
    nullable: true,
    description: 'Deletes a user: every session ends at once. Answers who it was.',
  })
  async deleteUser(
    @Arg('input', () => DeleteUserInput) { id }: DeleteUserInput,
    @Ctx() { auth }: AuthContext,
  ): Promise<UserType> {
    return toUserType(await auth.deleteUser(id));
  }

  @Authorized(ADMIN)
  @Mutation(() => UserType, {
    nullable: true,
    description: 'Gives a user these roles and no others, in force at once. No session ends.',
  })
  async setUserRoles(
    @Arg('input', () => SetUserRolesInput) { id, roles }: SetUserRolesInput,
    @Ctx() { auth }: AuthContext,
  ): Promise<UserType> {
    return toUserType(await auth.setUserRoles(id, roles));
  }

  @Authorized(ADMIN)
  @Mutation(() => EndSessionPayload, { nullable: true, description: 'Ends all sessions of a user.' })
  async endUserSessions(
    @Arg('input', () => EndUserSessionsInput) { id }: EndUserSessionsInput,
    @Ctx() { auth }: AuthContext,
  ): Promise<EndSessionPayload> {
    return toEndedPayload(await auth.endUserSessions(id));
  }
}
