import { Arg, Mutation, Resolver } from 'type-graphql';
import { answerLogin } from '../../request/answer-tokens.ts';
import type { RequestScope } from '../../request/request-scope.ts';
import { Public } from '../guards/authorized.ts';
import { CredentialOperation } from '../guards/credential-operation.ts';
import { RequestArg } from '../guards/request-arg.ts';
import { LoginInput } from './token.input.ts';
import { TokenPairType, toTokenPairType } from './token.type.ts';
import { UNVALIDATED } from './unvalidated.ts';

/** Left out of the schema if the host logs its users in by itself. */
@Resolver()
export class LoginResolver {
  @CredentialOperation()
  @Public()
  @Mutation(() => TokenPairType, { nullable: true, description: 'Checks the password and opens a session.' })
  async login(
    @Arg('input', () => LoginInput, UNVALIDATED) { delivery, ...credentials }: LoginInput,
    @RequestArg() request: RequestScope,
  ): Promise<TokenPairType> {
    return toTokenPairType(await answerLogin(request, credentials, delivery));
  }
}
