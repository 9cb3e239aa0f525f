import { Arg, Ctx, Mutation, Query, Resolver } from 'type-graphql';
import { answerLogout, answerRefresh } from '../../request/answer-tokens.ts';
import type { AuthContext } from '../../request/context.ts';
import type { RequestScope } from '../../request/request-scope.ts';
import type { CurrentUser } from '../../sessions/authenticate.ts';
import { verifyToken } from '../../sessions/verify-token.ts';
import { Authorized, Public } from '../guards/authorized.ts';
import { CredentialOperation } from '../guards/credential-operation.ts';
import { CurrentUserArg } from '../guards/current-user-arg.ts';
import { RequestArg } from '../guards/request-arg.ts';
import { toEndedPayload } from './session.type.ts';
import { LogoutInput, RefreshTokenInput, VerifyTokenInput } from './token.input.ts';
import {
  LogoutPayload,
  TokenInfoType,
  TokenPairType,
  TokenVerificationType,
  toTokenInfoType,
  toTokenPairType,
  toTokenVerificationType,
} from './token.type.ts';
import { UNVALIDATED } from './unvalidated.ts';

@Resolver()
export class TokenResolver {
  @Authorized()
  @Query(() => TokenInfoType, { nullable: true, description: 'The claims of the access token. Needs no database.' })
  currentToken(@CurrentUserArg() { claims }: CurrentUser): TokenInfoType {
    return toTokenInfoType(claims);
  }

  @Public()
  @Query(() => String, {
    nullable: true,
    description: "The CSRF token that belongs to the request's session cookie; null if there is none.",
  })
  csrfToken(@Ctx() { auth }: AuthContext): string | null {
    return auth.csrfToken();
  }

  @CredentialOperation()
  @Public()
  @Mutation(() => TokenPairType, {
    nullable: true,
    description:
      'Exchanges a refresh token, from the input or the cookie, for a new pair. The old token is refused from then on.',
  })
  async refreshToken(
    @Arg('input', () => RefreshTokenInput, { ...UNVALIDATED, nullable: true }) input: RefreshTokenInput | null,
    @RequestArg() request: RequestScope,
  ): Promise<TokenPairType> {
    const { refreshToken = null, idempotencyKey = null } = input ?? {};
    return toTokenPairType(await answerRefresh(request, refreshToken, idempotencyKey));
  }

  @CredentialOperation()
  @Public()
  @Mutation(() => TokenVerificationType, {
    nullable: true,
    description:
      'Says whether a token of either kind is valid at this moment, and what it contains. An invalid token is no error. It is a mutation so that tokens stay out of URLs.',
  })
  async verifyToken(
    @Arg('input', () => VerifyTokenInput, UNVALIDATED) { token }: VerifyTokenInput,
    @RequestArg() { services, device }: RequestScope,
  ): Promise<TokenVerificationType> {
    return toTokenVerificationType(await verifyToken(services, token, device));
  }

  @Public()
  @Mutation(() => LogoutPayload, {
    nullable: true,
    description: 'Ends sessions and blacklists their tokens. Succeeds however often it is called, and with any token.',
  })
  async logout(
    @Arg('input', () => LogoutInput, { ...UNVALIDATED, nullable: true }) input: LogoutInput | null,
    @RequestArg() request: RequestScope,
  ): Promise<LogoutPayload> {
    const { refreshToken = null, scope = 'SESSION' } = input ?? {};
    return toEndedPayload(await answerLogout(request, refreshToken, scope));
  }
}
