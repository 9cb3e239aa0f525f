import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import { fastifyApolloDrainPlugin, fastifyApolloHandler } from '@as-integrations/fastify';
import fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify';
import type { GraphQLSchema } from 'graphql';
import { type Auth, type AuthContext, createErrorTranslator, faultOf } from '../index.ts';
import { explorerPage } from './explorer.ts';

/** What the HTTP server serves, and how. */
export interface HttpServerOptions {
  readonly auth: Auth;
  readonly schema: GraphQLSchema;
  readonly host: string;
  readonly port: number;
  readonly isProduction: boolean;
  readonly isExplorerOn: boolean;
  /** Where the log goes, a line of JSON each. */
  readonly logTo: NodeJS.WritableStream;
}

/** A server that is listening. */
export interface HttpServer {
  /** Such as `http://127.0.0.1:4000`. */
  readonly url: string;
  /** Answers what it has begun to answer, and stops. */
  close(): Promise<void>;
}

/** Bytes. */
const LARGEST_BODY = 100_000;

interface RequestContext extends AuthContext {
  readonly requestId: string;
}

/** Serves the schema at `/graphql` and the public keys at `/.well-known/jwks.json`. */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const app = fastify({
    bodyLimit: LARGEST_BODY,
    // What is asked for may stand in the URL, and must not stand in the log.
    logController: new LogController({ disableRequestLogging: true }),
    logger: { level: 'warn', stream: options.logTo },
  });
  const apollo = createApolloServer(app, options);
  await apollo.start();

  app.addHook('onSend', async (_request, reply) => {
    // Any answer may hold a token (RFC 6749 section 5.1).
    reply.header('cache-control', 'no-store');
    reply.header('x-content-type-options', 'nosniff');
  });
  app.setErrorHandler(answerFailure);
  app.setNotFoundHandler((_request, reply) => answerCode(reply, 404, 'NOT_FOUND', 'There is nothing here.'));

  const answerGraphQL = fastifyApolloHandler(apollo, { context: (request) => contextOf(options.auth, request) });
  app.route({
    method: ['GET', 'POST'],
    url: '/graphql',
    async handler(request, reply) {
      if (options.isExplorerOn && request.method === 'GET' && wantsPage(request)) {
        return reply.type('text/html; charset=utf-8').send(await explorerPage());
      }
      return answerGraphQL.call(app, request, reply);
    },
  });
  app.route({
    method: ['PUT', 'PATCH', 'DELETE', 'OPTIONS'],
    url: '/graphql',
    handler: (_request, reply) =>
      answerCode(reply.header('allow', 'GET, POST'), 405, 'METHOD_NOT_ALLOWED', 'Send a GET or a POST.'),
  });
  app.get('/.well-known/jwks.json', (_request, reply) =>
    reply.type('application/jwk-set+json').send(options.auth.jwks()),
  );

  const url = await app.listen({ host: options.host, port: options.port });
  return { url, close: () => apollo.stop() };
}

function createApolloServer(
  app: FastifyInstance,
  { schema, isProduction }: HttpServerOptions,
): ApolloServer<RequestContext> {
  return new ApolloServer<RequestContext>({
    schema,
    introspection: !isProduction,
    includeStacktraceInErrorResponses: false,
    hideSchemaDetailsFromClientErrors: isProduction,
    formatError: createErrorTranslator({ showsValidationTexts: !isProduction }),
    logger: app.log,
    stopOnTerminationSignals: false,
    plugins: [fastifyApolloDrainPlugin(app), faultLog(app)],
  });
}

/** Writes to the log what a client is not told, under the id of its request. */
function faultLog(app: FastifyInstance): ApolloServerPlugin<RequestContext> {
  return {
    async requestDidStart() {
      return {
        async didEncounterErrors({ errors, contextValue }) {
          for (const error of errors) {
            const fault = faultOf(error);
            if (fault !== null) app.log.error({ requestId: contextValue.requestId, fault }, 'a request failed inside');
          }
        },
      };
    },
  };
}

async function contextOf(auth: Auth, request: FastifyRequest): Promise<RequestContext> {
  return { requestId: request.id, ...auth.context({ headers: request.headers, ipAddress: request.ip }) };
}

function wantsPage(request: FastifyRequest): boolean {
  return (request.headers.accept ?? '').includes('text/html');
}

const REFUSALS: Readonly<Record<number, readonly [code: string, message: string]>> = {
  413: ['PAYLOAD_TOO_LARGE', `The body is larger than ${LARGEST_BODY} bytes.`],
  415: ['UNSUPPORTED_MEDIA_TYPE', 'Send application/json.'],
};

/** What fails before GraphQL has begun: a body that is too large, or no JSON. The body itself is not repeated. */
function answerFailure(error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const status = error.statusCode ?? 500;
  if (status >= 500) {
    request.log.error({ requestId: request.id, fault: faultOf(error) }, 'a request failed inside');
    return answerCode(reply, 500, 'INTERNAL_SERVER_ERROR', 'Something went wrong.');
  }
  const [code, message] = REFUSALS[status] ?? ['BAD_REQUEST', 'The request cannot be read.'];
  return answerCode(reply, status, code, message);
}

function answerCode(reply: FastifyReply, status: number, code: string, message: string): FastifyReply {
  return reply.code(status).send({ errors: [{ message, extensions: { code } }] });
}
