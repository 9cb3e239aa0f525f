import { Arg, Mutation, Resolver } from 'type-graphql';
import { inviteUser } from '../../accounts/invite-user.ts';
import type { RequestScope } from '../../request/request-scope.ts';
import type { CurrentUser } from '../../sessions/authenticate.ts';
import { ADMIN } from '../../users/roles.ts';
import { Authorized } from '../guards/authorized.ts';
import { CurrentUserArg } from '../guards/current-user-arg.ts';
import { RequestArg } from '../guards/request-arg.ts';
import { InviteUserInput } from './invitation.input.ts';
import { RequestPayload, toRequestPayload } from './request-payload.type.ts';
import { UNVALIDATED } from './unvalidated.ts';

/** Left out of the schema if there is no mailer. */
@Resolver()
export class InvitationResolver {
  @Authorized(ADMIN)
  @Mutation(() => RequestPayload, {
    nullable: true,
    description:
      'Opens an account and mails a link to choose its password with `resetPassword`. Repeat it to mail another link.',
  })
  async inviteUser(
    @Arg('input', () => InviteUserInput, UNVALIDATED) { email, roles }: InviteUserInput,
    @CurrentUserArg() caller: CurrentUser,
    @RequestArg() { mailServices, device }: RequestScope,
  ): Promise<RequestPayload> {
    return toRequestPayload(await inviteUser(mailServices, caller, { email, roles }, device));
  }
}
