import { Arg, Mutation, Resolver } from 'type-graphql';
import { confirmEmailChange } from '../../accounts/confirm-email-change.ts';
import { requestEmailChange } from '../../accounts/request-email-change.ts';
import { revertEmailChange } from '../../accounts/revert-email-change.ts';
import type { RequestScope } from '../../request/request-scope.ts';
import type { CurrentUser } from '../../sessions/authenticate.ts';
import { Authorized, Public } from '../guards/authorized.ts';
import { CredentialOperation } from '../guards/credential-operation.ts';
import { CurrentUserArg } from '../guards/current-user-arg.ts';
import { RequestArg } from '../guards/request-arg.ts';
import { ConfirmEmailChangeInput, RequestEmailChangeInput, RevertEmailChangeInput } from './email-change.input.ts';
import { RequestPayload, toRequestPayload } from './request-payload.type.ts';
import { UNVALIDATED } from './unvalidated.ts';
import { UserType } from './user.type.ts';

/** Left out of the schema if there is no mailer. */
@Resolver()
export class EmailChangeResolver {
  @CredentialOperation()
  @Authorized()
  @Mutation(() => RequestPayload, {
    nullable: true,
    description: 'Mails a code to a new address. The answer is the same whether or not somebody has the address.',
  })
  async requestEmailChange(
    @Arg('input', () => RequestEmailChangeInput, UNVALIDATED) { newEmail, password = null }: RequestEmailChangeInput,
    @CurrentUserArg() caller: CurrentUser,
    @RequestArg() { mailServices, device }: RequestScope,
  ): Promise<RequestPayload> {
    return toRequestPayload(await requestEmailChange(mailServices, caller, { newEmail, password }, device));
  }

  @CredentialOperation()
  @Authorized()
  @Mutation(() => UserType, {
    nullable: true,
    description:
      "Changes the caller's e-mail with the code that was mailed to the new one, in the session that asked for it. The old address is told, and may bring itself back for seven days.",
  })
  async confirmEmailChange(
    @Arg('input', () => ConfirmEmailChangeInput, UNVALIDATED) { code, requestId = null }: ConfirmEmailChangeInput,
    @CurrentUserArg() caller: CurrentUser,
    @RequestArg() { mailServices, device }: RequestScope,
  ): Promise<UserType> {
    return confirmEmailChange(mailServices, caller, { code, requestId }, device);
  }

  @CredentialOperation()
  @Public()
  @Mutation(() => RequestPayload, {
    nullable: true,
    description:
      'Brings the old e-mail of an account back. Every session ends, the password is void, and a code to choose a new one is mailed. It opens no session.',
  })
  async revertEmailChange(
    @Arg('input', () => RevertEmailChangeInput, UNVALIDATED) { code }: RevertEmailChangeInput,
    @RequestArg() { mailServices, device }: RequestScope,
  ): Promise<RequestPayload> {
    return toRequestPayload(await revertEmailChange(mailServices, code, device));
  }
}
