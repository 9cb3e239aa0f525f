import { Field, InputType } from 'type-graphql';
import { CodeInput } from './code.input.ts';

@InputType('RequestEmailChangeInput', { description: 'Input of `requestEmailChange`.' })
export class RequestEmailChangeInput {
  @Field(() => String, { description: 'Trimmed and lower-cased before it is used.' })
  newEmail!: string;

  @Field(() => String, { nullable: true, description: 'The current password. Null for an account without one.' })
  password?: string | null;
}

@InputType('ConfirmEmailChangeInput', { description: 'Input of `confirmEmailChange`.' })
export class ConfirmEmailChangeInput extends CodeInput {}

@InputType('RevertEmailChangeInput', { description: 'Input of `revertEmailChange`.' })
export class RevertEmailChangeInput {
  @Field(() => String, { description: "The `code` of the mail's link." })
  code!: string;
}
