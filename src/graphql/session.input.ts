import { Field, ID, InputType } from 'type-graphql';

@InputType({ description: 'Which session to end.' })
export class EndSessionInput {
  @Field(() => ID, { description: 'As `sessions` lists it.' })
  id!: string;
}
