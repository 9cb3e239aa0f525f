import { Field, InputType } from 'type-graphql';
import { LogoutScope } from '../sessions/logout.ts';
import { LogoutScopeEnum, TokenDeliveryEnum } from './auth.type.ts';
import { TokenDelivery } from '../sessions/delivery.ts';

const EMAIL = 'Trimmed and lower-cased before it is used.';

@InputType({ description: 'A new account.' })
export class RegisterInput {
  @Field(() => String, { description: EMAIL })
  email!: string;

  @Field(() => String, { description: '8 characters at the least, 72 bytes of UTF-8 at the most.' })
  password!: string;

  @Field(() => TokenDeliveryEnum, { defaultValue: TokenDelivery.BODY })
  delivery!: TokenDelivery;
}

@InputType({ description: 'Who wants to log in.' })
export class LoginInput {
  @Field(() => String, { description: EMAIL })
  email!: string;

  @Field(() => String, { description: 'To the letter as it was chosen; nothing is trimmed.' })
  password!: string;

  @Field(() => TokenDeliveryEnum, { defaultValue: TokenDelivery.BODY })
  delivery!: TokenDelivery;
}

@InputType({ description: 'What to exchange.' })
export class RefreshTokenInput {
  @Field(() => String, { nullable: true, description: 'The newest of the session. It is good for one use.' })
  refreshToken?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      '22 to 128 base64url characters, random for each refresh; a retry of the same refresh sends the same one.',
  })
  idempotencyKey?: string | null;
}

@InputType({ description: 'What to look at.' })
export class VerifyTokenInput {
  @Field(() => String, { description: 'An access token or a refresh token.' })
  token!: string;
}

@InputType({ description: 'What to end.' })
export class LogoutInput {
  @Field(() => String, { nullable: true, description: 'Judged before the token of the Authorization header.' })
  refreshToken?: string | null;

  @Field(() => LogoutScopeEnum, {
    defaultValue: LogoutScope.SESSION,
    description: 'How far it reaches.',
  })
  scope!: LogoutScope;
}
