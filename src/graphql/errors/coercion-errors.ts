import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { BadUserInputError } from '../../errors.ts';
import { InputRefusalReason } from '../../reasons.ts';

/**
 * Describes a rejected variable without its value: graphql-js repeats the value in its message. The result names the path
 * and what is wrong with it.
 */
export function describeVariableError(message: string): BadUserInputError {
  const name = VARIABLE_ERROR.exec(message)?.[1] ?? '';
  // Every quotation mark within the repeated value is escaped, so this cannot match inside it.
  const inner = / at "\w+((?:\.\w+|\[\d+\])+)"; /.exec(message)?.[1] ?? '';
  const required = /; Field "(\w+)" of required type "[^"]+" was not provided\.$/.exec(message)?.[1];
  const isUnknown = /; Field ".*" is not defined by type "\w+"\./s.test(message);
  const unknown = /; Field "(\w+)" is not defined by type "\w+"\./.exec(message)?.[1];
  const isMissing =
    required !== undefined ||
    /of (required|non-null) type "[^"]+" (was not provided|must not be null)\.$/.test(message) ||
    /; Expected non-nullable type "[^"]+" not to be null\.$/.test(message);
  const member = required ?? unknown;
  const path = `${name}${inner}${member === undefined ? '' : `.${member}`}`;
  const reason = isMissing
    ? InputRefusalReason.REQUIRED
    : isUnknown
      ? InputRefusalReason.UNKNOWN_FIELD
      : InputRefusalReason.INVALID_TYPE;
  return new BadUserInputError([{ path, reason }]);
}

/** Describes a rejected argument without its value. */
export function describeArgumentError(message: string): BadUserInputError {
  const [, path = '', fault = ''] = ARGUMENT_ERROR.exec(message) ?? [];
  const reason = fault.startsWith('of ') ? InputRefusalReason.REQUIRED : InputRefusalReason.INVALID_TYPE;
  return new BadUserInputError([{ path, reason }]);
}

const VARIABLE_ERROR = /^Variable "\$(\w+)"/;
const REJECTED_VARIABLE = /^Variable "\$\w+" (got invalid value|of (required|non-null) type) /;
const ARGUMENT_ERROR = /^Argument "(\w+)" (has invalid value |of (?:required|non-null) type )/;

/** graphql-js gives a rejected variable neither a path nor a code. Apollo Server adds the code. */
export function isVariableError({ message, path, extensions }: GraphQLFormattedError): boolean {
  const code = extensions?.['code'];
  return path === undefined && (code === undefined || code === 'BAD_USER_INPUT') && REJECTED_VARIABLE.test(message);
}

/** A variable is null or missing, and its argument is not nullable: graphql-js reports it at the field. */
export function isArgumentError(original: unknown): original is GraphQLError {
  return original instanceof GraphQLError && original.nodes !== undefined && ARGUMENT_ERROR.test(original.message);
}
