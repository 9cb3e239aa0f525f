import { Arg, Extensions, Mutation, Query, Resolver } from 'type-graphql';
import type { RequestScope } from '../../request/request-scope.ts';
import type { CurrentUser } from '../../sessions/authenticate.ts';
import { endSession } from '../../sessions/end-session.ts';
import { listSessions } from '../../sessions/list-sessions.ts';
import { Authorized } from '../guards/authorized.ts';
import { CurrentUserArg } from '../guards/current-user-arg.ts';
import { UNKNOWN_SIZE } from '../guards/document-limits.ts';
import { RequestArg } from '../guards/request-arg.ts';
import { EndSessionInput } from './session.input.ts';
import { EndSessionPayload, SessionType, toEndedPayload, toSessionType } from './session.type.ts';
import { UNVALIDATED } from './unvalidated.ts';

@Resolver()
export class SessionResolver {
  @Extensions({ assumedSize: UNKNOWN_SIZE })
  @Authorized()
  @Query(() => [SessionType], { nullable: true, description: "The caller's live sessions, last used first." })
  async sessions(
    @CurrentUserArg() caller: CurrentUser,
    @RequestArg() { services }: RequestScope,
  ): Promise<SessionType[]> {
    const sessions = await listSessions(services, caller);
    return sessions.map((session) => toSessionType(session, caller.sessionId));
  }

  @Authorized()
  @Mutation(() => EndSessionPayload, {
    nullable: true,
    description: "Ends one of the caller's sessions. For an unknown id, or another user's session, it ends 0.",
  })
  async endSession(
    @Arg('input', () => EndSessionInput, UNVALIDATED) { id }: EndSessionInput,
    @CurrentUserArg() caller: CurrentUser,
    @RequestArg() { services, device }: RequestScope,
  ): Promise<EndSessionPayload> {
    return toEndedPayload(await endSession(services, caller, id, device));
  }
}
