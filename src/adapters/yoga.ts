import type { IncomingMessage } from 'node:http';
import { type GraphQLError, parse } from 'graphql';
import type { Plugin, YogaServerOptions } from 'graphql-yoga';
import {
  type Auth,
  type AuthContext,
  checkDocumentLength,
  createErrorMask,
  CsrfRejectedError,
  faultOf,
  limitDocuments,
} from '../index.ts';
import { createDocumentMemory } from './document-memory.ts';
import { gatherRequests } from './gather-requests.ts';
import { type AdapterOptions, MAX_TOKENS } from './options.ts';
import { requestHeaders } from './request-headers.ts';
import { retryAfterOf } from './retry-after.ts';

/** What Yoga has on Node. */
interface OnNode {
  readonly req?: IncomingMessage;
}

/** Options of `yogaOptions`. */
export interface YogaAuthOptions extends AdapterOptions {
  /**
   * The address of the client. Outside of Node, only your platform knows it.
   * @defaultValue on Node, the address of the connection; elsewhere null
   */
  readonly ipAddress?: (request: Request) => string | null;
}

/**
 * Makes the options of GraphQL Yoga that this library needs. Tokens may be in cookies. A forged request is answered with 403
 * before its body is read, and every answer has `Cache-Control: no-store`. Yoga's own log is off, because it would contain
 * values that were sent.
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http';
 * import type { GraphQLSchema } from 'graphql';
 * import type { Auth } from 'graphql-simplejwt';
 * import { yogaOptions } from 'graphql-simplejwt/yoga';
 * import { createYoga } from 'graphql-yoga';
 *
 * export function serve(schema: GraphQLSchema, auth: Auth): void {
 *   const yoga = createYoga({ schema, ...yogaOptions(auth) });
 *   createServer((req, res) => void yoga(req, res)).listen(4000);
 * }
 * ```
 */
export function yogaOptions(
  auth: Pick<Auth, 'context'>,
  {
    documentLimits,
    showsValidationTexts = false,
    maxTokens = MAX_TOKENS,
    onFault = console.error,
    ipAddress,
  }: YogaAuthOptions = {},
) {
  const contexts = new WeakMap<Request, AuthContext>();
  const contextOf = (request: Request, { req }: OnNode = {}): AuthContext => {
    const context =
      contexts.get(request) ??
      auth.context({
        headers: req === undefined ? Object.fromEntries(request.headers) : requestHeaders(req),
        ipAddress: ipAddress === undefined ? (req?.socket.remoteAddress ?? null) : ipAddress(request),
        sendsCookies: true,
      });
    contexts.set(request, context);
    return context;
  };
  const mask = createErrorMask({ showsValidationTexts });
  const plugin: Plugin<object, OnNode> = {
    onRequest(event) {
      const { request, serverContext } = event;
      const context = contextOf(request, serverContext);
      if (!context.auth.isForged || isForPage(request)) return;
      const { code, message, status } = new CsrfRejectedError('origin');
      event.endResponse(Response.json({ errors: [{ message, extensions: { code } }] }, { status }));
    },
    async onParams() {
      await gatherRequests();
    },
    onParse({ setParseFn }) {
      setParseFn((source, options) => {
        checkDocumentLength(typeof source === 'string' ? source : source.body, maxTokens);
        return parse(source, { ...options, maxTokens });
      });
    },
    onValidate({ addValidationRule }) {
      addValidationRule(limitDocuments(documentLimits));
    },
    onResultProcess({ request, result }) {
      if (Array.isArray(result) || !('errors' in result)) return;
      const seconds = retryAfterOf(result.data as object | null, result.errors ?? []);
      if (seconds !== null) waits.set(request, seconds);
    },
    onResponse({ request, response }) {
      response.headers.set('cache-control', 'no-store');
      const seconds = waits.get(request);
      if (seconds !== undefined) response.headers.set('retry-after', String(seconds));
      for (const cookie of contexts.get(request)?.auth.setCookieHeaders() ?? [])
        response.headers.append('set-cookie', cookie);
    },
  };
  const waits = new WeakMap<Request, number>();
  return {
    context: ({ request }: { readonly request: Request }): AuthContext => contextOf(request),
    plugins: [plugin],
    parserAndValidationCache: { documentCache: createDocumentMemory(), errorCache: NO_CACHE },
    // It would log values that were sent. `onFault` receives the faults.
    logging: false,
    maskedErrors: {
      maskError(error: unknown): GraphQLError {
        const fault = faultOf(error);
        if (fault !== null) onFault(fault);
        return mask(error);
      },
    },
  } satisfies Pick<
    YogaServerOptions<OnNode, AuthContext>,
    'context' | 'plugins' | 'parserAndValidationCache' | 'logging' | 'maskedErrors'
  >;
}

/** The parser soon finds the mistake again. */
const NO_CACHE = { get: () => undefined, set: () => undefined };

/** Whether a browser asks for GraphiQL. A link on another site may lead there, and no operation runs. */
function isForPage(request: Request): boolean {
  return request.method === 'GET' && (request.headers.get('accept') ?? '').includes('text/html');
}
