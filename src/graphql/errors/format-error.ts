import { GraphQLError, type GraphQLFormattedError, Kind } from 'graphql';
import { type AuthError, isAuthError } from '../../errors.ts';
import { type DocumentLimitError, isDocumentLimitError } from './document-limit-error.ts';
import { describeArgumentError, describeVariableError, isArgumentError, isVariableError } from './coercion-errors.ts';
import { INTERNAL, isAboutRequest, isDeliberate, originalOf } from './fault.ts';

/** Options of `createErrorFormatter`. */
export interface ErrorFormatterOptions {
  /** Whether clients may see graphql-js's own texts about an invalid document. Use it in development only. */
  readonly showsValidationTexts: boolean;
}

const BAD_REQUEST = 'BAD_REQUEST';
const INVALID_DOCUMENT = 'GRAPHQL_VALIDATION_FAILED';
const TOO_MANY_TOKENS = /^Syntax Error: Document contains more that (\d+) tokens/;

/** Codes of Apollo Server whose messages describe the form of the request and quote nothing of it. */
const ABOUT_FORM = new Set([BAD_REQUEST, 'PERSISTED_QUERY_NOT_FOUND', 'PERSISTED_QUERY_NOT_SUPPORTED']);

/**
 * Makes the `formatError` of Apollo Server. Internal messages, stack traces and input values never reach the client. A
 * GraphQLError with a code of your own passes unchanged.
 *
 * @example
 * ```ts
 * import { ApolloServer } from '@apollo/server';
 * import type { GraphQLSchema } from 'graphql';
 * import { type AuthContext, createErrorFormatter } from 'graphql-simplejwt';
 *
 * export function createServer(schema: GraphQLSchema): ApolloServer<AuthContext> {
 *   return new ApolloServer({ schema, formatError: createErrorFormatter({ showsValidationTexts: false }) });
 * }
 * ```
 */
export function createErrorFormatter({ showsValidationTexts }: ErrorFormatterOptions) {
  return (formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError => {
    const original = originalOf(error);
    if (isAuthError(original)) return answerOf(original, formatted);
    if (isVariableError(formatted)) return answerOf(describeVariableError(formatted.message), formatted);
    if (isArgumentError(original)) return answerOf(describeArgumentError(original.message), formatted);
    const code = codeOf(formatted);
    const answer = (message: string, shown = code) => ({
      message,
      ...positionOf(formatted),
      extensions: { code: shown },
    });
    // The rule of `limitDocuments`, and the parser's own limit.
    if (isDocumentLimitError(original)) return answerLimit(formatted, original);
    const [, tokens] = TOO_MANY_TOKENS.exec(formatted.message) ?? [];
    if (tokens !== undefined) return answer(`The document has more than ${tokens} tokens.`, INVALID_DOCUMENT);
    if (code === 'GRAPHQL_PARSE_FAILED') return answer('The document does not parse.');
    if (code === 'OPERATION_RESOLUTION_FAILURE') return answer('The document has no such operation.');
    if (code === INVALID_DOCUMENT) {
      const isShown = showsValidationTexts && !quotesValue(formatted.message, original);
      return answer(isShown ? formatted.message : 'The document is not valid.');
    }
    if (ABOUT_FORM.has(code)) return answer(formatted.message);
    if (isDeliberate(original)) return { ...formatted, extensions: withoutStack(formatted.extensions) };
    if (isAboutRequest(error)) return answer('The request cannot be run.', BAD_REQUEST);
    return answer('Something went wrong.', INTERNAL);
  };
}

/**
 * Makes a function that replaces an error with one that clients may see, for servers that have such a hook: `maskError` of
 * Yoga, `errorFormatter` of Mercurius, or your own loop over the errors of graphql-js. The rules are those of
 * `createErrorFormatter`. `extensions.http.status` is 403 if a login was forged. Yoga answers with that status and removes
 * `http`. On other servers, you do so.
 *
 * @example
 * ```ts
 * import { createErrorMask } from 'graphql-simplejwt';
 * import type { GraphQLSchema } from 'graphql';
 * import { createYoga } from 'graphql-yoga';
 *
 * const maskError = createErrorMask({ showsValidationTexts: false });
 * export const serve = (schema: GraphQLSchema) => createYoga({ schema, maskedErrors: { maskError } });
 * ```
 */
export function createErrorMask(options: ErrorFormatterOptions): (error: unknown) => GraphQLError {
  const format = createErrorFormatter(options);
  return (error) => {
    const located = error instanceof GraphQLError ? error : new GraphQLError('');
    const original = originalOf(error);
    const { message, extensions } = format(located.toJSON(), error);
    const http = isAuthError(original) ? original.extensions.http : undefined;
    return new GraphQLError(message, {
      nodes: located.nodes ?? null,
      path: located.path ?? null,
      extensions: { ...extensions, ...(http === undefined ? {} : { http }) },
    });
  };
}

function answerLimit(
  formatted: GraphQLFormattedError,
  { message, extensions }: DocumentLimitError,
): GraphQLFormattedError {
  const { limit, max } = extensions;
  return { message, ...positionOf(formatted), extensions: { code: INVALID_DOCUMENT, limit, max } };
}

function answerOf({ message, extensions }: AuthError, formatted: GraphQLFormattedError): GraphQLFormattedError {
  const { http: _status, ...shown } = extensions;
  return { message, ...positionOf(formatted), extensions: shown };
}

function codeOf(formatted: GraphQLFormattedError): string {
  const code = formatted.extensions?.['code'];
  return typeof code === 'string' ? code : INTERNAL;
}

function positionOf({ locations, path }: GraphQLFormattedError): Pick<GraphQLFormattedError, 'locations' | 'path'> {
  return { ...(locations === undefined ? {} : { locations }), ...(path === undefined ? {} : { path }) };
}

function withoutStack(extensions: Record<string, unknown> | undefined): Record<string, unknown> {
  const { stacktrace: _stacktrace, ...rest } = extensions ?? {};
  return rest;
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
