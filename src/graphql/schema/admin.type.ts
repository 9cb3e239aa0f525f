import { Field, ObjectType } from 'type-graphql';
import { PageInfoType } from './connection.type.ts';
import { UserType } from './user.type.ts';

@ObjectType('UserEdge', { description: 'A user in a list.' })
export class UserEdge {
  @Field(() => String, { description: 'Pass it as `after` to get the users that follow.' })
  cursor!: string;

  @Field(() => UserType, { description: 'The user.' })
  node!: UserType;
}

@ObjectType('UserConnection', { description: 'Users, latest first.' })
export class UserConnection {
  @Field(() => [UserEdge], { description: 'The users of this page.' })
  edges!: UserEdge[];

  @Field(() => PageInfoType, { description: 'The position of this page.' })
  pageInfo!: PageInfoType;
}
