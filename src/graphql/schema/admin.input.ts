import { Field, ID, InputType } from 'type-graphql';

const USER = { description: "The user's id." };

@InputType('DeactivateUserInput', { description: 'Input of `deactivateUser`.' })
export class DeactivateUserInput {
  @Field(() => ID, USER)
  id!: string;
}

@InputType('ActivateUserInput', { description: 'Input of `activateUser`.' })
export class ActivateUserInput {
  @Field(() => ID, USER)
  id!: string;
}

@InputType('DeleteUserInput', { description: 'Input of `deleteUser`.' })
export class DeleteUserInput {
  @Field(() => ID, USER)
  id!: string;
}

@InputType('SetUserRolesInput', { description: 'Input of `setUserRoles`.' })
export class SetUserRolesInput {
  @Field(() => ID, USER)
  id!: string;

  @Field(() => [String], {
    description: 'All roles of the user from now on. Each has 1 to 64 letters, digits, `_`, `-`, `.` or `:`.',
  })
  roles!: string[];
}

@InputType('EndUserSessionsInput', { description: 'Input of `endUserSessions`.' })
export class EndUserSessionsInput {
  @Field(() => ID, USER)
  id!: string;
}
