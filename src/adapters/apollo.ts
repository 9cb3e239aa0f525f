import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ApolloServerOptions, ApolloServerPlugin, BaseContext } from '@apollo/server';
import type { GraphQLError } from 'graphql';
import type { LRUCache } from 'lru-cache';
import onHeaders from 'on-headers';
import {
  type Auth,
  type AuthContext,
  checkDocumentLength,
  createErrorFormatter,
  CsrfRejectedError,
  type Fault,
  faultOf,
  limitDocuments,
} from '../index.ts';
import { createDocumentMemory, createTextMemory } from './document-memory.ts';
import { gatherRequests } from './gather-requests.ts';
import { type AdapterOptions, MAX_TOKENS } from './options.ts';
import { requestHeaders } from './request-headers.ts';
import { retryAfterOf } from './retry-after.ts';

/** The request and the response that Apollo Server gives to a context function, by itself and under Express. */
export interface NodeExchange {
  readonly req: IncomingMessage & { readonly ip?: string | undefined };
  readonly res: ServerResponse;
}

/**
 * Makes the context function of Apollo Server, for `startStandaloneServer` and for `expressMiddleware`. Tokens may be in
 * cookies. A forged request is answered with 403, and every answer has `Cache-Control: no-store`.
 *
 * The client's address is Express's `req.ip`, which obeys its `trust proxy`, or else the address of the connection.
 *
 * @throws CsrfRejectedError, from the context function, if another site made the request and it carries our cookies.
 *
 * @example
 * ```ts
 * import { ApolloServer } from '@apollo/server';
 * import { startStandaloneServer } from '@apollo/server/standalone';
 * import type { GraphQLSchema } from 'graphql';
 * import type { Auth, AuthContext } from 'graphql-simplejwt';
 * import { apolloOptions, createApolloContext } from 'graphql-simplejwt/apollo';
 *
 * export async function serve(schema: GraphQLSchema, auth: Auth): Promise<void> {
 *   const server = new ApolloServer<AuthContext>({ schema, ...apolloOptions() });
 *   await startStandaloneServer(server, { context: createApolloContext(auth) });
 * }
 * ```
 */
export function createApolloContext(auth: Pick<Auth, 'context'>): (exchange: NodeExchange) => Promise<AuthContext> {
  return async ({ req, res }) => {
    await gatherRequests();
    const ipAddress = req.ip ?? req.socket.remoteAddress ?? null;
    const context = auth.context({ headers: requestHeaders(req), ipAddress, sendsCookies: true });
    res.setHeader('cache-control', 'no-store');
    if (context.auth.isForged) throw new CsrfRejectedError('origin');
    onHeaders(res, () => void res.appendHeader('set-cookie', context.auth.setCookieHeaders()));
    return context;
  };
}

type FormatError = ReturnType<typeof createErrorFormatter>;

/** Options of `apolloOptions`. */
export interface ApolloAuthOptions<Context extends BaseContext> extends Omit<AdapterOptions, 'onFault'> {
  /** Receives what the client is not told of an error. @defaultValue the `logger` of the server */
  readonly onFault?: (fault: Fault, context: Context) => void;
}

/**
 * Makes the options of Apollo Server that this library needs: errors that clients can act on and that reveal nothing, limits of
 * documents and of the memory of those that are kept, `Retry-After`, and a log of faults. They work with any integration. Add plugins of your own as
 * `plugins: [...options.plugins, yours]`.
 */
export function apolloOptions<Context extends BaseContext>({
  documentLimits,
  showsValidationTexts = false,
  maxTokens = MAX_TOKENS,
  onFault,
}: ApolloAuthOptions<Context> = {}) {
  const formatError = createErrorFormatter({ showsValidationTexts });
  return {
    formatError,
    includeStacktraceInErrorResponses: false,
    validationRules: [limitDocuments(documentLimits)],
    parseOptions: { maxTokens },
    documentStore: toCache(createDocumentMemory()),
    cache: toCache(createTextMemory()),
    plugins: [refuseLongDocuments(maxTokens, formatError), logFaults(onFault), sendRetryAfter],
  } satisfies Partial<ApolloServerOptions<Context>>;
}

function toCache<Value extends object | string>(memory: LRUCache<string, Value>) {
  return {
    get: async (key: string) => memory.get(key),
    /** @param options - `ttl` is in seconds. */
    set: async (key: string, value: Value, options?: { readonly ttl?: number | null }) =>
      void memory.set(key, value, { ttl: (options?.ttl ?? 0) * 1_000 }),
    delete: async (key: string) => memory.delete(key),
  };
}

function refuseLongDocuments(maxTokens: number, formatError: FormatError): ApolloServerPlugin {
  return {
    async requestDidStart({ request }) {
      const refusal = refusalOf(request.query ?? '', maxTokens);
      if (refusal === null) return undefined;
      // What a hook throws here would be an internal error. Without a text, Apollo Server refuses the request by itself.
      delete request.query;
      return {
        async willSendResponse({ response }) {
          response.http.status = 400;
          response.body = { kind: 'single', singleResult: { errors: [formatError(refusal.toJSON(), refusal)] } };
        },
      };
    },
  };
}

function refusalOf(text: string, maxTokens: number): GraphQLError | null {
  try {
    checkDocumentLength(text, maxTokens);
    return null;
  } catch (error) {
    return error as GraphQLError;
  }
}

function logFaults<Context extends BaseContext>(
  onFault: ApolloAuthOptions<Context>['onFault'],
): ApolloServerPlugin<Context> {
  return {
    async requestDidStart({ logger }) {
      return {
        async didEncounterErrors({ errors, contextValue }) {
          const report = onFault ?? ((fault: Fault) => logger.error(fault));
          for (const fault of errors.map(faultOf)) if (fault !== null) report(fault, contextValue);
        },
      };
    },
  };
}

const sendRetryAfter: ApolloServerPlugin = {
  async requestDidStart() {
    return {
      async willSendResponse({ response, errors }) {
        if (response.body.kind !== 'single') return;
        const seconds = retryAfterOf(response.body.singleResult.data, errors);
        if (seconds !== null) response.http.headers.set('retry-after', String(seconds));
      },
    };
  },
};
