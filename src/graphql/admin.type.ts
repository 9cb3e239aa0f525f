import { Field, ObjectType } from 'type-graphql';
import { UserType } from './account.type.ts';
import { PageInfo } from './connection.type.ts';

@ObjectType({ description: 'A user in a list.' })
export class UserEdge {
  @Field(() => String)
  cursor!: string;

  @Field(() => UserType)
  node!: UserType;
}

@ObjectType({ description: 'Users, the latest first.' })
export class UserConnection {
  @Field(() => [UserEdge])
  edges!: UserEdge[];

  @Field(() => PageInfo)
  pageInfo!: PageInfo;
}
