import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import type { AuthContext } from './auth-context.ts';
import { RegisterInput } from './auth.input.ts';
import { TokenPairType, toTokenPairType } from './auth.type.ts';
import { Public } from './authorized.ts';

/** Left out of the schema where registration is closed. */
@Resolver()
export class RegistrationResolver {
  @Public()
  @Mutation(() => TokenPairType, {
    nullable: true,
    description: 'Opens an account and its first session. Null where the e-mail must be verified first.',
  })
  async register(
    @Arg('input', () => RegisterInput) input: RegisterInput,
    @Ctx() { auth }: AuthContext,
  ): Promise<TokenPairType> {
    return toTokenPairType(await auth.register(input, input.delivery), auth.secondsUntil);
  }
}
