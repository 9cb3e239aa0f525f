import { Arg, Mutation, Resolver } from 'type-graphql';
import { answerRegister } from '../../request/answer-tokens.ts';
import type { RequestScope } from '../../request/request-scope.ts';
import { Public } from '../guards/authorized.ts';
import { CredentialOperation } from '../guards/credential-operation.ts';
import { RequestArg } from '../guards/request-arg.ts';
import { RegisterInput } from './token.input.ts';
import { TokenPairType, toTokenPairType } from './token.type.ts';
import { UNVALIDATED } from './unvalidated.ts';

/** Left out of the schema if registration is closed. */
@Resolver()
export class RegistrationResolver {
  @CredentialOperation()
  @Public()
  @Mutation(() => TokenPairType, {
    nullable: true,
    description: 'Opens an account and its first session. Null, for any e-mail, if it must be verified first.',
  })
  async register(
    @Arg('input', () => RegisterInput, UNVALIDATED) { delivery, ...credentials }: RegisterInput,
    @RequestArg() request: RequestScope,
  ): Promise<TokenPairType | null> {
    const pair = await answerRegister(request, credentials, delivery);
    return pair && toTokenPairType(pair);
  }
}
