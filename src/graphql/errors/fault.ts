import { isNativeError } from 'node:util/types';
import { GraphQLError } from 'graphql';
import { isAuthError } from '../../errors.ts';
import { isArgumentError } from './coercion-errors.ts';

/** An internal error for the log. It contains no value that a client sent. */
export interface Fault {
  readonly name: string;
  readonly code: string | null;
  readonly message: string;
  readonly stack: string;
}

export const INTERNAL = 'INTERNAL_SERVER_ERROR';

/**
 * Returns what the log should record about an error; null if the client was told everything.
 *
 * @example
 * ```ts
 * import { faultOf } from 'graphql-simplejwt';
 *
 * export function logErrors(errors: readonly unknown[]): void {
 *   for (const fault of errors.map(faultOf)) if (fault !== null) console.error(fault);
 * }
 * ```
 */
export function faultOf(error: unknown): Fault | null {
  const original = originalOf(error);
  if (isAuthError(original)) return original.cause === undefined ? null : describe(original.cause);
  return isDeliberate(original) || isAboutRequest(error) || isArgumentError(original) ? null : describe(original);
}

/** The error that a resolver threw, or graphql-js's own. */
export function originalOf(error: unknown): unknown {
  if (isAuthError(error)) return error;
  const original = error instanceof GraphQLError ? (error.originalError ?? error) : error;
  // graphql-js wraps whatever is not an `instanceof Error` of its own realm.
  const thrown = isNativeError(original) && 'thrownValue' in original ? original.thrownValue : null;
  return isNativeError(thrown) ? thrown : original;
}

/** Whether the host threw a GraphQLError with a code of its own, which clients are meant to see. */
export function isDeliberate(original: unknown): boolean {
  return (
    original instanceof GraphQLError &&
    typeof original.extensions['code'] === 'string' &&
    original.extensions['code'] !== INTERNAL
  );
}

/** Whether graphql-js rejects the document or its variables. No field was being resolved, so the error has no path. */
export function isAboutRequest(error: unknown): boolean {
  return error instanceof GraphQLError && error.path === undefined && originalOf(error) instanceof GraphQLError;
}

function describe(error: unknown): Fault {
  // Errors of native modules and of Node itself may come from another realm, so this is not `instanceof Error`.
  if (!isNativeError(error)) return { name: typeof error, code: null, message: '', stack: '' };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : null;
  return { name: error.name, code, message: error.message, stack: error.stack ?? '' };
}
