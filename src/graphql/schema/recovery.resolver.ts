import { Arg, Mutation, Resolver } from 'type-graphql';
import { requestMail } from '../../accounts/request-mail.ts';
import { answerEmailProof, answerPasswordReset } from '../../request/answer-codes.ts';
import type { RequestScope } from '../../request/request-scope.ts';
import { Public } from '../guards/authorized.ts';
import { CredentialOperation } from '../guards/credential-operation.ts';
import { RequestArg } from '../guards/request-arg.ts';
import {
  RequestEmailVerificationInput,
  RequestPasswordResetInput,
  ResetPasswordInput,
  VerifyEmailInput,
} from './recovery.input.ts';
import { RequestPayload, toRequestPayload } from './request-payload.type.ts';
import { toVerifyEmailPayload, VerifyEmailPayload } from './recovery.type.ts';
import { TokenPairType, toTokenPairType } from './token.type.ts';
import { UNVALIDATED } from './unvalidated.ts';

/** Left out of the schema if there is no mailer. */
@Resolver()
export class RecoveryResolver {
  @CredentialOperation()
  @Public()
  @Mutation(() => RequestPayload, {
    nullable: true,
    description:
      'Mails a code to choose a new password with. The answer is the same, at the same time, whether or not there is an account.',
  })
  async requestPasswordReset(
    @Arg('input', () => RequestPasswordResetInput, UNVALIDATED) { email }: RequestPasswordResetInput,
    @RequestArg() request: RequestScope,
  ): Promise<RequestPayload> {
    return toRequestPayload(await requestMail(request.mailServices, 'PASSWORD_RESET', email, request.device));
  }

  @CredentialOperation()
  @Public()
  @Mutation(() => TokenPairType, {
    nullable: true,
    description: 'Sets a new password with a code that was mailed, ends every session of the user and opens a new one.',
  })
  async resetPassword(
    @Arg('input', () => ResetPasswordInput, UNVALIDATED) { delivery, requestId = null, ...reset }: ResetPasswordInput,
    @RequestArg() request: RequestScope,
  ): Promise<TokenPairType> {
    return toTokenPairType(await answerPasswordReset(request, { ...reset, requestId }, delivery));
  }

  @CredentialOperation()
  @Public()
  @Mutation(() => RequestPayload, {
    nullable: true,
    description:
      'Mails a code to prove an address with. The answer is the same, at the same time, whether or not there is an account.',
  })
  async requestEmailVerification(
    @Arg('input', () => RequestEmailVerificationInput, UNVALIDATED) { email }: RequestEmailVerificationInput,
    @RequestArg() request: RequestScope,
  ): Promise<RequestPayload> {
    return toRequestPayload(await requestMail(request.mailServices, 'EMAIL_VERIFICATION', email, request.device));
  }

  @CredentialOperation()
  @Public()
  @Mutation(() => VerifyEmailPayload, {
    nullable: true,
    description:
      'Proves an address with a code that was mailed. Without a session of the account and without its password, the password is void and every session ends.',
  })
  async verifyEmail(
    @Arg('input', () => VerifyEmailInput, UNVALIDATED) { code, requestId = null, password = null }: VerifyEmailInput,
    @RequestArg() request: RequestScope,
  ): Promise<VerifyEmailPayload> {
    return toVerifyEmailPayload(await answerEmailProof(request, { code, requestId, password }));
  }
}
