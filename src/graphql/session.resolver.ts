import { Arg, Ctx, Mutation, Query, Resolver } from 'type-graphql';
import type { AuthContext } from './auth-context.ts';
import { Authorized } from './authorized.ts';
import { CurrentUserArg } from './current-user-arg.ts';
import type { CurrentUser } from '../sessions/authenticate.ts';
import { EndSessionInput } from './session.input.ts';
import { EndSessionPayload, SessionType, toEndedPayload, toSessionType } from './session.type.ts';

@Resolver()
export class SessionResolver {
  @Authorized()
  @Query(() => [SessionType], { nullable: true, description: "The caller's live sessions, last used first." })
  async sessions(@CurrentUserArg() user: CurrentUser, @Ctx() { auth }: AuthContext): Promise<SessionType[]> {
    const sessions = await auth.findSessions(user.id);
    return sessions.map((session) => toSessionType(session, user.sessionId));
  }

  @Authorized()
  @Mutation(() => EndSessionPayload, {
    nullable: true,
    description: "Ends one of the caller's sessions by its id; of another's, or an unknown one, it ends 0.",
  })
  async endSession(
    @Arg('input', () => EndSessionInput) { id }: EndSessionInput,
    @CurrentUserArg() user: CurrentUser,
    @Ctx() { auth }: AuthContext,
  ): Promise<EndSessionPayload> {
    return toEndedPayload(await auth.endSession(user.id, id));
  }
}
