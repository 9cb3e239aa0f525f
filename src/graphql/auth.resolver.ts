import { Arg, Ctx, Mutation, Query, Resolver } from 'type-graphql';
import type { CurrentUser } from '../sessions/authenticate.ts';
import type { AuthContext } from './auth-context.ts';
import { LoginInput, LogoutInput, RefreshTokenInput, VerifyTokenInput } from './auth.input.ts';
import {
  LogoutPayload,
  TokenInfoType,
  TokenPairType,
  TokenVerificationType,
  toTokenInfoType,
  toTokenPairType,
  toTokenVerificationType,
} from './auth.type.ts';
import { Authorized, Public } from './authorized.ts';
import { CurrentUserArg } from './current-user-arg.ts';
import { toEndedPayload } from './session.type.ts';

@Resolver()
export class AuthResolver {
  @Authorized()
  @Query(() => TokenInfoType, { nullable: true, description: 'What the access token itself says. Needs no database.' })
  currentToken(@CurrentUserArg() { claims }: CurrentUser): TokenInfoType {
    return toTokenInfoType(claims);
  }

  @Public()
  @Query(() => String, {
    nullable: true,
    description: "The CSRF token that goes with the request's session cookie; null where there is none.",
  })
  csrfToken(@Ctx() { auth }: AuthContext): string | null {
    return auth.csrfToken();
  }

  @Public()
  @Mutation(() => TokenPairType, { nullable: true, description: 'Checks the password and opens a session.' })
  async login(@Arg('input', () => LoginInput) input: LoginInput, @Ctx() { auth }: AuthContext): Promise<TokenPairType> {
    return toTokenPairType(await auth.login(input, input.delivery), auth.secondsUntil);
  }

  @Public()
  @Mutation(() => TokenPairType, {
    nullable: true,
    description: 'Exchanges a refresh token for a new pair. The old one is refused from then on.',
  })
  async refreshToken(
    @Arg('input', () => RefreshTokenInput, { nullable: true }) input: RefreshTokenInput | null,
    @Ctx() { auth }: AuthContext,
  ): Promise<TokenPairType> {
    const { refreshToken = null, idempotencyKey = null } = input ?? {};
    return toTokenPairType(await auth.refresh(refreshToken, idempotencyKey), auth.secondsUntil);
  }

  @Public()
  @Mutation(() => TokenVerificationType, {
    nullable: true,
    description:
      'Says whether a token, of either kind, is good at this moment, and what it holds. Never an error for a bad token. A mutation so that tokens stay out of URLs.',
  })
  async verifyToken(
    @Arg('input', () => VerifyTokenInput) { token }: VerifyTokenInput,
    @Ctx() { auth }: AuthContext,
  ): Promise<TokenVerificationType> {
    return toTokenVerificationType(await auth.verifyToken(token));
  }

  @Public()
  @Mutation(() => LogoutPayload, {
    nullable: true,
    description: 'Ends sessions and blacklists their tokens. Succeeds however often it is called, with whatever token.',
  })
  async logout(
    @Arg('input', () => LogoutInput, { nullable: true }) input: LogoutInput | null,
    @Ctx() { auth }: AuthContext,
  ): Promise<LogoutPayload> {
    const { refreshToken = null, scope = 'SESSION' } = input ?? {};
    return toEndedPayload(await auth.logout(refreshToken, scope));
  }
}
