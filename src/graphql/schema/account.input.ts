import { Field, InputType } from 'type-graphql';
import { NEW_PASSWORD } from './token.input.ts';

@InputType('ChangePasswordInput', { description: 'Input of `changePassword`.' })
export class ChangePasswordInput {
  @Field(() => String, { description: 'Proves who asks.' })
  currentPassword!: string;

  @Field(() => String, { description: NEW_PASSWORD })
  newPassword!: string;
}
