import { Arg, Mutation, Resolver } from 'type-graphql';
import { requestMail } from '../../accounts/request-mail.ts';
import { answerCodeLogin } from '../../request/answer-codes.ts';
import type { RequestScope } from '../../request/request-scope.ts';
import { Public } from '../guards/authorized.ts';
import { CredentialOperation } from '../guards/credential-operation.ts';
import { RequestArg } from '../guards/request-arg.ts';
import { LoginWithCodeInput, RequestLoginCodeInput } from './code-login.input.ts';
import { RequestPayload, toRequestPayload } from './request-payload.type.ts';
import { TokenPairType, toTokenPairType } from './token.type.ts';
import { UNVALIDATED } from './unvalidated.ts';

/** Left out of the schema if there is no mailer, or users may not log in by code. */
@Resolver()
export class CodeLoginResolver {
  @CredentialOperation()
  @Public()
  @Mutation(() => RequestPayload, {
    nullable: true,
    description:
      'Mails a code to log in with. The answer is the same, at the same time, whether or not there is an account.',
  })
  async requestLoginCode(
    @Arg('input', () => RequestLoginCodeInput, UNVALIDATED) { email }: RequestLoginCodeInput,
    @RequestArg() { mailServices, device }: RequestScope,
  ): Promise<RequestPayload> {
    return toRequestPayload(await requestMail(mailServices, 'LOGIN', email, device));
  }

  @CredentialOperation()
  @Public()
  @Mutation(() => TokenPairType, {
    nullable: true,
    description:
      'Opens a session with a code that was mailed. If the address was not proved before, the password is void and every earlier session ends.',
  })
  async loginWithCode(
    @Arg('input', () => LoginWithCodeInput, UNVALIDATED) { code, requestId = null, delivery }: LoginWithCodeInput,
    @RequestArg() request: RequestScope,
  ): Promise<TokenPairType> {
    return toTokenPairType(await answerCodeLogin(request, { code, requestId }, delivery));
  }
}
