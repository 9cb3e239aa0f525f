import { type ASTNode, GraphQLError } from 'graphql';

/** Marks the errors of every copy of this library that a process has loaded. */
const MARK = Symbol.for('graphql-simplejwt/document-limit-error');

/** A document is larger than a limit allows. */
export class DocumentLimitError extends GraphQLError {
  readonly [MARK] = true;

  /** @param node - what is too large; undefined if nothing was parsed. */
  constructor(limit: string, max: number, what: string, node?: ASTNode) {
    super(`The document has more than ${max} ${what}.`, {
      nodes: node ?? null,
      extensions: { limit, max },
    });
  }
}

export function isDocumentLimitError(error: unknown): error is DocumentLimitError {
  return error instanceof Error && MARK in error;
}
