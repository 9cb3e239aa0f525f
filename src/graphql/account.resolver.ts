import { Arg, Args, Ctx, Mutation, Query, Resolver } from 'type-graphql';
import type { CurrentUser } from '../sessions/authenticate.ts';
import { ChangePasswordInput } from './account.input.ts';
import { toUserType, UserType } from './account.type.ts';
import type { AuthContext } from './auth-context.ts';
import { TokenPairType, toTokenPairType } from './auth.type.ts';
import { Authorized } from './authorized.ts';
import { toConnection, toPagePosition } from './connection.type.ts';
import { CurrentUserArg } from './current-user-arg.ts';
import { AuthEventConnection, SecurityEventsArgs, toAuthEventNode } from './security-event.type.ts';

@Resolver()
export class AccountResolver {
  @Authorized()
  @Query(() => UserType, { nullable: true, description: 'The user whom the access token names.' })
  async me(@CurrentUserArg() { id }: CurrentUser, @Ctx() { auth }: AuthContext): Promise<UserType | null> {
    const user = await auth.findUser(id);
    return user && toUserType(user);
  }

  @Authorized()
  @Query(() => AuthEventConnection, {
    nullable: true,
    description: "What happened to the caller's account, or to anyone's for an administrator.",
  })
  async securityEvents(
    @Args(() => SecurityEventsArgs) args: SecurityEventsArgs,
    @CurrentUserArg() user: CurrentUser,
    @Ctx() { auth }: AuthContext,
  ): Promise<AuthEventConnection> {
    const position = toPagePosition(args);
    return toConnection(
      await auth.listSecurityEvents(user, args.userId ?? user.id, position),
      position,
      toAuthEventNode,
    );
  }

  @Authorized()
  @Mutation(() => TokenPairType, {
    nullable: true,
    description: "Ends every session of the caller's, this one too, and opens a new one.",
  })
  async changePassword(
    @Arg('input', () => ChangePasswordInput) input: ChangePasswordInput,
    @CurrentUserArg() user: CurrentUser,
    @Ctx() { auth }: AuthContext,
  ): Promise<TokenPairType> {
    return toTokenPairType(await auth.changePassword(user, input), auth.secondsUntil);
  }
}
