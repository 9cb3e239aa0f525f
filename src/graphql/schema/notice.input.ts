import { Field, InputType } from 'type-graphql';

@InputType('EndSessionWithCodeInput', { description: 'Input of `endSessionWithCode`.' })
export class EndSessionWithCodeInput {
  @Field(() => String, { description: "The `code` of the notice's link." })
  code!: string;
}
