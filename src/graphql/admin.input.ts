import { Field, ID, InputType } from 'type-graphql';

@InputType({ description: 'Whom to lock out.' })
export class DeactivateUserInput {
  @Field(() => ID)
  id!: string;
}

@InputType({ description: 'Whom to let in again.' })
export class ActivateUserInput {
  @Field(() => ID)
  id!: string;
}

@InputType({ description: 'Whom to delete.' })
export class DeleteUserInput {
  @Field(() => ID)
  id!: string;
}

@InputType({ description: 'Who gets which roles, and no others.' })
export class SetUserRolesInput {
  @Field(() => ID)
  id!: string;

  @Field(() => [String], { description: 'Words of at most 64 letters, digits, `_`, `-`, `.` or `:`.' })
  roles!: string[];
}

@InputType({ description: 'Whose sessions to end.' })
export class EndUserSessionsInput {
  @Field(() => ID)
  id!: string;
}
