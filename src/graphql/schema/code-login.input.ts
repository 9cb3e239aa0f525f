import { Field, InputType } from 'type-graphql';
import { TokenDelivery } from '../../delivery.ts';
import { CodeInput } from './code.input.ts';
import { TokenDeliveryEnum } from './token.type.ts';

@InputType('RequestLoginCodeInput', { description: 'Input of `requestLoginCode`.' })
export class RequestLoginCodeInput {
  @Field(() => String, { description: 'Trimmed and lower-cased before it is used.' })
  email!: string;
}

@InputType('LoginWithCodeInput', { description: 'Input of `loginWithCode`.' })
export class LoginWithCodeInput extends CodeInput {
  @Field(() => TokenDeliveryEnum, { defaultValue: TokenDelivery.BODY, description: 'How the tokens reach the client.' })
  delivery!: TokenDelivery;
}
