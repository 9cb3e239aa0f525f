import { Arg, Mutation, Resolver } from 'type-graphql';
import { answerPasswordChange } from '../../request/answer-tokens.ts';
import type { RequestScope } from '../../request/request-scope.ts';
import type { CurrentUser } from '../../sessions/authenticate.ts';
import { Authorized } from '../guards/authorized.ts';
import { CredentialOperation } from '../guards/credential-operation.ts';
import { CurrentUserArg } from '../guards/current-user-arg.ts';
import { RequestArg } from '../guards/request-arg.ts';
import { ChangePasswordInput } from './account.input.ts';
import { TokenPairType, toTokenPairType } from './token.type.ts';
import { UNVALIDATED } from './unvalidated.ts';

/** Left out of the schema if the host keeps the users, and so the passwords. */
@Resolver()
export class PasswordResolver {
  @CredentialOperation()
  @Authorized()
  @Mutation(() => TokenPairType, {
    nullable: true,
    description: "Changes the caller's password, ends every session of the caller and opens a new one.",
  })
  async changePassword(
    @Arg('input', () => ChangePasswordInput, UNVALIDATED) input: ChangePasswordInput,
    @CurrentUserArg() caller: CurrentUser,
    @RequestArg() request: RequestScope,
  ): Promise<TokenPairType> {
    return toTokenPairType(await answerPasswordChange(request, caller, input));
  }
}
