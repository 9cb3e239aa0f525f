import { Field, InputType } from 'type-graphql';

@InputType('ChangePasswordInput', { description: 'Input of `changePassword`.' })
export class ChangePasswordInput {
  @Field(() => String, { description: 'Proves who asks.' })
  currentPassword!: string;

  @Field(() => String, { description: 'At least 8 characters, at most 72 bytes of UTF-8.' })
  newPassword!: string;
}
