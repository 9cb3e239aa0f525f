import { Field, InputType } from 'type-graphql';
import { TokenDelivery } from '../../delivery.ts';
import { CodeInput } from './code.input.ts';
import { NEW_PASSWORD } from './token.input.ts';
import { TokenDeliveryEnum } from './token.type.ts';

@InputType('RequestPasswordResetInput', { description: 'Input of `requestPasswordReset`.' })
export class RequestPasswordResetInput {
  @Field(() => String, { description: 'Trimmed and lower-cased before it is used.' })
  email!: string;
}

@InputType('RequestEmailVerificationInput', { description: 'Input of `requestEmailVerification`.' })
export class RequestEmailVerificationInput {
  @Field(() => String, { description: 'Trimmed and lower-cased before it is used.' })
  email!: string;
}

@InputType('VerifyEmailInput', { description: 'Input of `verifyEmail`.' })
export class VerifyEmailInput extends CodeInput {
  @Field(() => String, { nullable: true, description: 'Keeps the password good if no session of the account is sent.' })
  password?: string | null;
}

@InputType('ResetPasswordInput', { description: 'Input of `resetPassword`.' })
export class ResetPasswordInput extends CodeInput {
  @Field(() => String, { description: NEW_PASSWORD })
  newPassword!: string;

  @Field(() => TokenDeliveryEnum, { defaultValue: TokenDelivery.BODY, description: 'How the tokens reach the client.' })
  delivery!: TokenDelivery;
}
