import { Field, InputType } from 'type-graphql';

@InputType({ description: 'A new password, and the old one to prove who asks.' })
export class ChangePasswordInput {
  @Field(() => String)
  currentPassword!: string;

  @Field(() => String, { description: '8 characters at the least, 72 bytes of UTF-8 at the most.' })
  newPassword!: string;
}
