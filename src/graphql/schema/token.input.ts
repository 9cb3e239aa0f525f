import { Field, InputType } from 'type-graphql';
import { TokenDelivery } from '../../delivery.ts';
import { LogoutScope } from '../../sessions/logout.ts';
import { LogoutScopeEnum, TokenDeliveryEnum } from './token.type.ts';

const EMAIL = 'Trimmed and lower-cased before it is used.';
export const NEW_PASSWORD =
  'At least 8 characters, or more where the server requires it, and at most 256. Common passwords are refused.';
const DELIVERY = { defaultValue: TokenDelivery.BODY, description: 'How the tokens reach the client.' };

@InputType('RegisterInput', { description: 'Input of `register`.' })
export class RegisterInput {
  @Field(() => String, { description: EMAIL })
  email!: string;

  @Field(() => String, { description: NEW_PASSWORD })
  password!: string;

  @Field(() => TokenDeliveryEnum, DELIVERY)
  delivery!: TokenDelivery;
}

@InputType('LoginInput', { description: 'Input of `login`.' })
export class LoginInput {
  @Field(() => String, { description: EMAIL })
  email!: string;

  @Field(() => String, { description: 'The password exactly as it was chosen. Nothing is trimmed.' })
  password!: string;

  @Field(() => TokenDeliveryEnum, DELIVERY)
  delivery!: TokenDelivery;
}

@InputType('RefreshTokenInput', { description: 'Input of `refreshToken`.' })
export class RefreshTokenInput {
  @Field(() => String, {
    nullable: true,
    description: 'The newest refresh token of the session. Leave it out if it is in a cookie.',
  })
  refreshToken?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      '22 to 128 base64url characters, random for each refresh. A retry of the same refresh sends the same key.',
  })
  idempotencyKey?: string | null;
}

@InputType('VerifyTokenInput', { description: 'Input of `verifyToken`.' })
export class VerifyTokenInput {
  @Field(() => String, { description: 'An access token or a refresh token.' })
  token!: string;
}

@InputType('LogoutInput', { description: 'Input of `logout`.' })
export class LogoutInput {
  @Field(() => String, { nullable: true, description: 'Judged before the token of the Authorization header.' })
  refreshToken?: string | null;

  @Field(() => LogoutScopeEnum, { defaultValue: LogoutScope.SESSION, description: 'Which sessions to end.' })
  scope!: LogoutScope;
}
