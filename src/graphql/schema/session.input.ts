import { Field, ID, InputType } from 'type-graphql';

@InputType('EndSessionInput', { description: 'Input of `endSession`.' })
export class EndSessionInput {
  @Field(() => ID, { description: 'An id that `sessions` returned.' })
  id!: string;
}
