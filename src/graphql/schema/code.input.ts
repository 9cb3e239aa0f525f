import { Field, ID, InputType } from 'type-graphql';

const CODE = { description: 'The six digits of the mail, or the `code` of its link.' };
const REQUEST_ID = {
  nullable: true,
  description: 'What the request for the mail answered. The digits need it.',
} as const;

/** The code of a mail that brings digits and a link. */
@InputType()
export abstract class CodeInput {
  @Field(() => String, CODE)
  code!: string;

  @Field(() => ID, REQUEST_ID)
  requestId?: string | null;
}
