import { Arg, Mutation, Resolver } from 'type-graphql';
import { endSessionWithCode } from '../../accounts/end-session-with-code.ts';
import type { RequestScope } from '../../request/request-scope.ts';
import { Public } from '../guards/authorized.ts';
import { CredentialOperation } from '../guards/credential-operation.ts';
import { RequestArg } from '../guards/request-arg.ts';
import { EndSessionWithCodeInput } from './notice.input.ts';
import { EndSessionPayload, toEndedPayload } from './session.type.ts';
import { UNVALIDATED } from './unvalidated.ts';

/** Left out of the schema if there is no mailer. */
@Resolver()
export class NoticeResolver {
  @CredentialOperation()
  @Public()
  @Mutation(() => EndSessionPayload, {
    nullable: true,
    description:
      'Ends a session with the link of a mailed notice: that of the new device, or every one if the password was changed or a token was reused.',
  })
  async endSessionWithCode(
    @Arg('input', () => EndSessionWithCodeInput, UNVALIDATED) { code }: EndSessionWithCodeInput,
    @RequestArg() { mailServices, device }: RequestScope,
  ): Promise<EndSessionPayload> {
    return toEndedPayload(await endSessionWithCode(mailServices, code, device));
  }
}
