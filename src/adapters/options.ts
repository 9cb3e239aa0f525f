import type { DocumentLimits, Fault } from '../index.ts';

/** What every adapter takes. */
export interface AdapterOptions {
  /** Limits of documents in place of the default ones. */
  readonly documentLimits?: DocumentLimits;
  /**
   * The tokens that a document may have. The parser stops there. A document that has more than fifty characters for each of them is not parsed.
   * @defaultValue `2000`
   */
  readonly maxTokens?: number;
  /**
   * Whether clients may see graphql-js's own texts about an invalid document. Use it in development only.
   * @defaultValue `false`
   */
  readonly showsValidationTexts?: boolean;
  /** Receives what the client is not told of an error. @defaultValue the log of the server */
  readonly onFault?: (fault: Fault) => void;
}

export const MAX_TOKENS = 2_000;
