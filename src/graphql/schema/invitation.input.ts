import { Field, InputType } from 'type-graphql';

@InputType('InviteUserInput', { description: 'Input of `inviteUser`.' })
export class InviteUserInput {
  @Field(() => String, { description: 'Trimmed and lower-cased before it is used.' })
  email!: string;

  @Field(() => [String], {
    defaultValue: [],
    description: 'The roles of the user. Each has 1 to 64 letters, digits, `_`, `-`, `.` or `:`.',
  })
  roles!: string[];
}
