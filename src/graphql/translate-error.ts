import { isNativeError } from 'node:util/types';
import { GraphQLError, type GraphQLFormattedError, Kind } from 'graphql';
import { BadUserInputError, InputRefusalReason, isAuthError } from '../errors.ts';

/** How errors leave the server. */
export interface ErrorTranslation {
  /** Whether graphql's own words about an invalid document may be seen, as they may in development. */
  readonly showsValidationTexts: boolean;
}

/** An error for the log: what went wrong inside, without the values that were sent. */
export interface Fault {
  readonly name: string;
  readonly code: string | null;
  readonly message: string;
  readonly stack: string;
}

const INTERNAL = 'INTERNAL_SERVER_ERROR';
const BAD_REQUEST = 'BAD_REQUEST';

/** Codes of Apollo Server whose messages are about the request's form, and quote nothing of it. */
const ABOUT_FORM = new Set([BAD_REQUEST, 'PERSISTED_QUERY_NOT_FOUND', 'PERSISTED_QUERY_NOT_SUPPORTED']);

/**
 * Makes the `formatError` of Apollo Server. Messages are constant per code: inner messages, stack traces and input values
 * never leave.
 */
export function createErrorTranslator({ showsValidationTexts }: ErrorTranslation) {
  return (formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError => {
    const original = originalOf(error);
    const where = placeOf(formatted);
    if (isAuthError(original)) {
      const { http: _status, ...extensions } = original.extensions;
      return { message: original.message, ...where, extensions };
    }
    const code = codeOf(formatted);
    const answer = (message: string) => ({ message, ...where, extensions: { code } });
    if (isVariableError(formatted)) return translateVariableError(formatted);
    if (isArgumentError(original)) return translateArgumentError(formatted);
    if (code === 'GRAPHQL_PARSE_FAILED') return answer('The document does not parse.');
    if (code === 'OPERATION_RESOLUTION_FAILURE') return answer('The document has no such operation.');
    if (code === 'GRAPHQL_VALIDATION_FAILED') {
      const isShown = showsValidationTexts && !quotesValue(formatted.message, original);
      return answer(isShown ? formatted.message : 'The document is not valid.');
    }
    if (ABOUT_FORM.has(code)) return answer(formatted.message);
    if (isDeliberate(original)) return { ...formatted, extensions: withoutStack(formatted.extensions) };
    if (isAboutRequest(error))
      return { message: 'The request cannot be run.', ...where, extensions: { code: BAD_REQUEST } };
    return { message: 'Something went wrong.', ...where, extensions: { code: INTERNAL } };
  };
}

/** What of an error belongs into the log: null where a client was told all there is to say. */
export function faultOf(error: unknown): Fault | null {
  const original = originalOf(error);
  if (isAuthError(original)) return original.cause === undefined ? null : describe(original.cause);
  return isDeliberate(original) || isAboutRequest(error) || isArgumentError(original) ? null : describe(original);
}

/** graphql's own word on a document or its variables: no field was being resolved, so it has no path. */
function isAboutRequest(error: unknown): boolean {
  return error instanceof GraphQLError && error.path === undefined && originalOf(error) instanceof GraphQLError;
}

function describe(error: unknown): Fault {
  // Not `instanceof Error`: errors of native modules and of Node itself may come from another context.
  if (!isNativeError(error)) return { name: typeof error, code: null, message: '', stack: '' };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : null;
  return { name: error.name, code, message: error.message, stack: error.stack ?? '' };
}

function originalOf(error: unknown): unknown {
  const original = error instanceof GraphQLError ? (error.originalError ?? error) : error;
  // graphql-js wraps whatever is no `instanceof Error` in its own context.
  const thrown = isNativeError(original) && 'thrownValue' in original ? original.thrownValue : null;
  return isNativeError(thrown) ? thrown : original;
}

/** A GraphQLError that somebody threw with a code of his own, meaning it to be seen. */
function isDeliberate(original: unknown): boolean {
  return (
    original instanceof GraphQLError &&
    typeof original.extensions['code'] === 'string' &&
    original.extensions['code'] !== INTERNAL
  );
}

function codeOf(formatted: GraphQLFormattedError): string {
  const code = formatted.extensions?.['code'];
  return typeof code === 'string' ? code : INTERNAL;
}

function placeOf({ locations, path }: GraphQLFormattedError): Pick<GraphQLFormattedError, 'locations' | 'path'> {
  return { ...(locations === undefined ? {} : { locations }), ...(path === undefined ? {} : { path }) };
}

function withoutStack(extensions: Record<string, unknown> | undefined): Record<string, unknown> {
  const { stacktrace: _stacktrace, ...rest } = extensions ?? {};
  return rest;
}

const VARIABLE_ERROR = /^Variable "\$(\w+)"/;

function isVariableError(formatted: GraphQLFormattedError): boolean {
  return codeOf(formatted) === 'BAD_USER_INPUT' && VARIABLE_ERROR.test(formatted.message);
}

/** graphql-js repeats the value that was sent; the path and what is wrong with it are enough. */
function translateVariableError(formatted: GraphQLFormattedError): GraphQLFormattedError {
  const { message } = formatted;
  const name = VARIABLE_ERROR.exec(message)?.[1] ?? '';
  // Within the value that is repeated before it, every quotation mark bears a backslash.
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
  const translated = new BadUserInputError([{ path, reason }]);
  return { message: translated.message, ...placeOf(formatted), extensions: translated.extensions };
}

const ARGUMENT_ERROR = /^Argument "(\w+)" (has invalid value |of (?:required|non-null) type )/;

/** A variable that is null or missing where the argument it is for takes no null: graphql finds that at the field. */
function isArgumentError(original: unknown): boolean {
  return original instanceof GraphQLError && original.nodes !== undefined && ARGUMENT_ERROR.test(original.message);
}

function translateArgumentError(formatted: GraphQLFormattedError): GraphQLFormattedError {
  const [, path = '', fault = ''] = ARGUMENT_ERROR.exec(formatted.message) ?? [];
  const reason = fault.startsWith('of ') ? InputRefusalReason.REQUIRED : InputRefusalReason.INVALID_TYPE;
  const translated = new BadUserInputError([{ path, reason }]);
  return { message: translated.message, ...placeOf(formatted), extensions: translated.extensions };
}

const VALUE_KINDS: ReadonlySet<string> = new Set([
  Kind.INT,
  Kind.FLOAT,
  Kind.STRING,
  Kind.BOOLEAN,
  Kind.NULL,
  Kind.ENUM,
  Kind.LIST,
  Kind.OBJECT,
  Kind.OBJECT_FIELD,
]);
const ABOUT_A_FIELD = /^Field "\w+(\.\w+)?" (is not defined by type|of required type) "[^"]+"( was not provided)?\.$/;

function quotesValue(message: string, original: unknown): boolean {
  const nodes = original instanceof GraphQLError ? (original.nodes ?? []) : [];
  return nodes.some((node) => VALUE_KINDS.has(node.kind)) && !ABOUT_A_FIELD.test(message);
}
