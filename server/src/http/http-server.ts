import cors from '@fastify/cors';
import fastify, { type FastifyError, type FastifyReply, type FastifyRequest, LogController } from 'fastify';
import type { GraphQLSchema } from 'graphql';
import { type Auth, type DocumentLimits, faultOf } from 'graphql-simplejwt';
import { DEFAULT_MAX_CONNECTIONS } from '../environment.ts';
import type { Log } from '../log.ts';
import { limitConnections } from './connections.ts';
import { prepareDraining } from './draining.ts';
import { EXPLORER_POLICY, explorerPage } from './explorer.ts';
import { createGraphQLEndpoint } from './graphql-endpoint.ts';
import { takeJsonOnly } from './json-body.ts';
import { listen } from './listen.ts';
import { answerCode } from './refusal.ts';

/** What the HTTP server serves. */
export interface HttpServerOptions {
  readonly auth: Auth<object>;
  readonly schema: GraphQLSchema;
  readonly host: string;
  readonly port: number;
  readonly isProduction: boolean;
  readonly isExplorerOn: boolean;
  /** Addresses and networks whose forwarded headers are trusted. */
  readonly trustedProxies: readonly string[];
  /** Headers that pages of allowed origins may send, besides the usual ones. */
  readonly allowedHeaders?: readonly string[];
  readonly documentLimits?: DocumentLimits;
  readonly maxTokens?: number;
  /** The connections that one address may have open. */
  readonly maxConnections?: number;
  readonly log: Log;
}

/** A server that is listening. */
export interface HttpServer {
  /** Such as `http://127.0.0.1:4000`. */
  readonly url: string;
  /** Finishes the requests under way, and stops. */
  close(): Promise<void>;
}

/** Bytes. */
const LARGEST_BODY = 100_000;
const POLICY = 'content-security-policy';
/** Headers of every answer. Any answer may contain a token (RFC 6749 section 5.1), and none is a page. */
const HEADERS = {
  'cache-control': 'no-store',
  [POLICY]: "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  vary: 'Origin',
};
/** Production is reached by TLS. Browsers ignore the header on other connections (RFC 6797 section 8.1). */
const PRODUCTION_HEADERS = { ...HEADERS, 'strict-transport-security': 'max-age=31536000' };
const METHODS: Readonly<Record<string, string>> = {
  '/': 'GET, HEAD',
  '/graphql': 'GET, POST',
  '/.well-known/jwks.json': 'GET, HEAD',
};
const WELCOME = 'graphql-simplejwt serves GraphQL at /graphql.\n';
/**
 * Milliseconds for the headers and for the whole of a request. Node checks them at the interval, and answers 408. A
 * connection is closed after the silence, for example if a client does not read its answer.
 */
const TIMEOUTS = { headers: 10_000, request: 20_000, interval: 5_000, silence: 60_000 };
/** Further requests that are sent without waiting for answers get 503. Other clients see `Connection: close`, and reconnect. */
const MOST_REQUESTS_OF_CONNECTION = 1_000;
/** Of our API, Apollo, Relay and other GraphQL clients, and of W3C Trace Context, Sentry, Datadog, Zipkin and AWS. */
const REQUEST_HEADERS = `
  authorization content-type x-csrf-token apollo-require-preflight graphql-require-preflight x-requested-with
  apollographql-client-name apollographql-client-version x-apollo-operation-name x-apollo-operation-id
  x-graphql-client-name x-graphql-client-version x-request-id x-correlation-id
  traceparent tracestate baggage sentry-trace b3 x-b3-traceid x-b3-spanid x-b3-sampled x-amzn-trace-id
  x-datadog-trace-id x-datadog-parent-id x-datadog-origin x-datadog-sampling-priority
`
  .trim()
  .split(/\s+/);
/** What a page of an allowed origin may do. The answer names that origin, never a wildcard. */
const CORS = {
  origin: true,
  credentials: true,
  methods: ['GET', 'POST'],
  maxAge: 600,
};

/** No route has a JSON schema. Fastify would load its compilers of schemas all the same, which takes a twentieth of a start. */
const NO_COMPILERS = {
  buildValidator: refuseSchema,
  buildSerializer: refuseSchema,
};

function refuseSchema(): never {
  throw new TypeError('A route has a JSON schema.');
}

/** Serves the schema at `/graphql` and the public keys at `/.well-known/jwks.json`. */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const ownHeaders = options.isProduction ? PRODUCTION_HEADERS : HEADERS;
  const app = fastify({
    bodyLimit: LARGEST_BODY,
    trustProxy: options.trustedProxies.length > 0 ? [...options.trustedProxies] : false,
    exposeHeadRoutes: false,
    schemaController: { compilersFactory: NO_COMPILERS },
    requestTimeout: TIMEOUTS.request,
    http: { headersTimeout: TIMEOUTS.headers, connectionsCheckingInterval: TIMEOUTS.interval },
    // An unreadable URL is answered before any hook runs.
    frameworkErrors: (error, request, reply) => void answerFailure(error, request, reply.headers(ownHeaders)),
    // A URL may contain an operation with its values, which must not be logged.
    logController: new LogController({ disableRequestLogging: true }),
    loggerInstance: options.log,
    // Each line of the log names its request, so no request needs a logger of its own.
    childLoggerFactory: (log) => log,
    connectionTimeout: TIMEOUTS.silence,
    maxRequestsPerSocket: MOST_REQUESTS_OF_CONNECTION,
    // What arrives until the last connection is closed is answered as ever.
    return503OnClosing: false,
  });
  const draining = prepareDraining(app.server);
  takeJsonOnly(app);
  app.addHook('onSend', async (_request, reply) => {
    const policy = reply.getHeader(POLICY) ?? ownHeaders[POLICY];
    reply.headers(ownHeaders).header(POLICY, policy);
    if (draining.hasBegun) reply.header('connection', 'close');
  });
  app.setErrorHandler(answerFailure);
  app.setNotFoundHandler(answerNothing);

  const { allowedOrigins } = options.auth.settings;
  const corsOptions = { ...CORS, allowedHeaders: [...REQUEST_HEADERS, ...(options.allowedHeaders ?? [])] };
  await app.register(cors, {
    // Other origins get no CORS header at all.
    delegator: ({ headers }, decide) =>
      decide(null, allowedOrigins.includes(headers.origin ?? '') ? corsOptions : { origin: false }),
  });
  app.addHook('onRequest', async (request, reply) => {
    if (!HOST.test(request.host)) return answerCode(reply, 400, 'BAD_REQUEST', UNREADABLE);
    // Before the body is read, and after CORS, so that a page can read the reason.
    return request.is404 ? answerNothing(request, reply) : undefined;
  });
  const isForExplorer = (request: FastifyRequest) =>
    options.isExplorerOn && request.method === 'GET' && wantsPage(request);
  const endpoint = await createGraphQLEndpoint(app, { ...options, isPage: isForExplorer });
  app.route({
    method: ['GET', 'POST'],
    url: '/graphql',
    async handler(request, reply) {
      if (!isForExplorer(request)) return endpoint.answer(request, reply);
      return reply
        .header(POLICY, EXPLORER_POLICY)
        .type('text/html; charset=utf-8')
        .send(await explorerPage());
    },
  });
  app.get('/', { exposeHeadRoute: true }, (_request, reply) => reply.type('text/plain; charset=utf-8').send(WELCOME));
  app.get('/.well-known/jwks.json', { exposeHeadRoute: true }, (_request, reply) =>
    reply.type('application/jwk-set+json').send(options.auth.jwks()),
  );

  const { maxConnections = DEFAULT_MAX_CONNECTIONS, trustedProxies } = options;
  limitConnections(app.server, { maxConnections, trustedProxies });
  const url = await listen(app, options);
  return {
    url,
    async close() {
      await draining.begin();
      await endpoint.stop();
    },
  };
}

function wantsPage(request: FastifyRequest): boolean {
  return (request.headers.accept ?? '').includes('text/html');
}

/** A name or an address, and a port (RFC 9112 section 3.2). */
const HOST = /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i;
const UNREADABLE = 'The request cannot be read.';

function answerNothing(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const methods = METHODS[request.url.split('?', 1)[0] ?? ''];
  if (methods === undefined) return answerCode(reply, 404, 'NOT_FOUND', 'There is nothing here.');
  return answerCode(reply.header('allow', methods), 405, 'METHOD_NOT_ALLOWED', `Send one of ${methods}.`);
}

const REFUSALS: Readonly<Record<number, readonly [code: string, message: string]>> = {
  413: ['PAYLOAD_TOO_LARGE', `The body is larger than ${LARGEST_BODY} bytes.`],
  415: ['UNSUPPORTED_MEDIA_TYPE', 'Send application/json.'],
};

/** Answers what fails before GraphQL runs: a body that is too large or is not JSON. It does not repeat the body. */
function answerFailure(error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const status = error.statusCode ?? 500;
  if (status >= 500) {
    request.log.error({ requestId: request.id, fault: faultOf(error) }, 'a request failed inside');
    return answerCode(reply, 500, 'INTERNAL_SERVER_ERROR', 'Something went wrong.');
  }
  const [code, message] = REFUSALS[status] ?? ['BAD_REQUEST', UNREADABLE];
  return answerCode(reply, status, code, message);
}
