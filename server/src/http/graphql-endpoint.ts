import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import { ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled';
import { fastifyApolloDrainPlugin, fastifyApolloHandler } from '@as-integrations/fastify';
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { GraphQLError, type GraphQLSchema, type ValidationRule } from 'graphql';
import {
  type Auth,
  type AuthContext,
  createErrorFormatter,
  CsrfRejectedError,
  type DocumentLimits,
  faultOf,
  isAuthError,
  limitDocuments,
} from 'graphql-simplejwt';
import { DEFAULT_MAX_TOKENS } from '../environment.ts';
import { answerCode } from './refusal.ts';

/** What the endpoint works with. */
export interface GraphQLEndpointOptions {
  readonly auth: Auth;
  readonly schema: GraphQLSchema;
  readonly isProduction: boolean;
  readonly documentLimits?: DocumentLimits;
  readonly maxTokens?: number;
}

/** The GraphQL endpoint. */
export interface GraphQLEndpoint {
  /** Refuses a forged request. It runs before the body is read. */
  refuseForgery(request: FastifyRequest, reply: FastifyReply): Promise<unknown>;
  answer(request: FastifyRequest, reply: FastifyReply): Promise<unknown>;
  /** Stops the whole server once the requests under way are answered. */
  stop(): Promise<void>;
}

interface RequestContext extends AuthContext {
  readonly requestId: string;
}

export async function createGraphQLEndpoint(
  app: FastifyInstance,
  { auth, schema, isProduction, documentLimits, maxTokens = DEFAULT_MAX_TOKENS }: GraphQLEndpointOptions,
): Promise<GraphQLEndpoint> {
  const apollo = new ApolloServer<RequestContext>({
    schema,
    validationRules: [knownOperationTypes, limitDocuments(documentLimits)],
    parseOptions: { maxTokens },
    introspection: !isProduction,
    includeStacktraceInErrorResponses: false,
    hideSchemaDetailsFromClientErrors: isProduction,
    formatError: createErrorFormatter({ showsValidationTexts: !isProduction }),
    logger: app.log,
    stopOnTerminationSignals: false,
    // Apollo's own page loads from a CDN.
    plugins: [
      fastifyApolloDrainPlugin(app),
      ApolloServerPluginLandingPageDisabled(),
      faultLog(app.log),
      retryAfter,
      fewErrors,
    ],
  });
  await apollo.start();
  const contexts = new WeakMap<FastifyRequest, RequestContext>();
  const run = fastifyApolloHandler(apollo, {
    context: async (request) => contexts.get(request) ?? contextOf(auth, request),
  });

  return {
    async refuseForgery(request, reply) {
      const context = contextOf(auth, request);
      contexts.set(request, context);
      if (!context.auth.isForged) return undefined;
      const { status, code, message } = new CsrfRejectedError('origin');
      return answerCode(reply, status, code, message);
    },
    async answer(request, reply) {
      const body: unknown = await run.call(app, request, reply);
      for (const cookie of contexts.get(request)?.auth.setCookieHeaders() ?? []) reply.header('set-cookie', cookie);
      return body;
    },
    stop: () => apollo.stop(),
  };
}

function contextOf(auth: Auth, request: FastifyRequest): RequestContext {
  const { headersDistinct: headers } = request.raw;
  return { requestId: request.id, ...auth.context({ headers, ipAddress: request.ip, sendsCookies: true }) };
}

/** graphql would detect this only at run time and report it as a fault of the server. */
const knownOperationTypes: ValidationRule = (context) => ({
  OperationDefinition(node) {
    if (context.getSchema().getRootType(node.operation) === undefined)
      context.reportError(new GraphQLError(`There is no ${node.operation} in this schema.`, { nodes: [node] }));
  },
});

/** Sends `Retry-After` (RFC 9110 section 10.2.3) if the whole answer is RATE_LIMITED. */
const retryAfter: ApolloServerPlugin<RequestContext> = {
  async requestDidStart() {
    return {
      async willSendResponse({ response, errors = [] }) {
        if (response.body.kind !== 'single' || errors.length === 0) return;
        const { data } = response.body.singleResult;
        if (Object.values(data ?? {}).some((value) => value !== null)) return;
        const waits = errors.map(({ originalError }) =>
          isAuthError(originalError) && originalError.code === 'RATE_LIMITED' ? originalError.retryAfterSeconds : 0,
        );
        if (!waits.includes(0)) response.http.headers.set('retry-after', String(Math.max(...waits)));
      },
    };
  },
};

/** The errors that a document or its variables may get. graphql reports up to a hundred. */
const MOST_REQUEST_ERRORS = 5;

/** Keeps the answer to an invalid request small. Errors of fields, which come with data, are bounded by the document. */
const fewErrors: ApolloServerPlugin<RequestContext> = {
  async requestDidStart() {
    return {
      async willSendResponse({ response: { body } }) {
        if (body.kind !== 'single' || body.singleResult.data !== undefined) return;
        const { errors } = body.singleResult;
        if (errors !== undefined) body.singleResult.errors = errors.slice(0, MOST_REQUEST_ERRORS);
      },
    };
  },
};

/** Logs what a client is not told, with the id of the request. */
function faultLog(log: FastifyBaseLogger): ApolloServerPlugin<RequestContext> {
  return {
    async requestDidStart() {
      return {
        async didEncounterErrors({ errors, contextValue }) {
          for (const error of errors) {
            const fault = faultOf(error);
            if (fault !== null) log.error({ requestId: contextValue.requestId, fault }, 'a request failed inside');
          }
        },
      };
    },
  };
}
