import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled';
import { fastifyApolloDrainPlugin, fastifyApolloHandler } from '@as-integrations/fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { GraphQLError, type GraphQLSchema, type ValidationRule } from 'graphql';
import type { Auth, AuthContext, DocumentLimits } from 'graphql-simplejwt';
import { apolloOptions } from 'graphql-simplejwt/apollo';
import { attachAuth } from 'graphql-simplejwt/fastify';
import { DEFAULT_MAX_TOKENS } from '../environment.ts';

/** What the endpoint works with. */
export interface GraphQLEndpointOptions {
  readonly auth: Auth<object>;
  readonly schema: GraphQLSchema;
  readonly isProduction: boolean;
  /** Tells a request for the explorer, which runs no operation. */
  readonly isPage: (request: FastifyRequest) => boolean;
  readonly documentLimits?: DocumentLimits;
  readonly maxTokens?: number;
}

interface RequestContext extends AuthContext {
  readonly requestId: string;
}

/** The GraphQL endpoint. */
export interface GraphQLEndpoint {
  answer(request: FastifyRequest, reply: FastifyReply): Promise<unknown>;
  /** Stops the whole server once the requests under way are answered. */
  stop(): Promise<void>;
}

/** Makes the endpoint of the route `/graphql`. Its hooks run after those that the app has by now. */
export async function createGraphQLEndpoint(
  app: FastifyInstance,
  { auth, schema, isProduction, isPage, documentLimits, maxTokens = DEFAULT_MAX_TOKENS }: GraphQLEndpointOptions,
): Promise<GraphQLEndpoint> {
  const options = apolloOptions<RequestContext>({
    ...(documentLimits === undefined ? {} : { documentLimits }),
    maxTokens,
    showsValidationTexts: !isProduction,
    onFault: (fault, { requestId }) => app.log.error({ requestId, fault }, 'a request failed inside'),
  });
  const apollo = new ApolloServer<RequestContext>({
    schema,
    ...options,
    validationRules: [knownOperationTypes, ...options.validationRules],
    introspection: !isProduction,
    hideSchemaDetailsFromClientErrors: isProduction,
    logger: app.log,
    stopOnTerminationSignals: false,
    plugins: [
      fastifyApolloDrainPlugin(app),
      // Apollo's own page loads from a CDN.
      ApolloServerPluginLandingPageDisabled(),
      // It looks at every field for a hint, and no answer may be cached.
      ApolloServerPluginCacheControlDisabled(),
      ...options.plugins,
      fewErrors,
    ],
  });
  await apollo.start();
  const contextOf = attachAuth(app, auth, { isPage });
  const run = fastifyApolloHandler(apollo, {
    context: async (request) => ({ requestId: request.id, ...contextOf(request) }),
  });
  return {
    answer: async (request, reply) => run.call(app, request, reply),
    stop: () => apollo.stop(),
  };
}

/** graphql would detect this only at run time and report it as a fault of the server. */
const knownOperationTypes: ValidationRule = (context) => ({
  OperationDefinition(node) {
    if (context.getSchema().getRootType(node.operation) === undefined)
      context.reportError(new GraphQLError(`There is no ${node.operation} in this schema.`, { nodes: [node] }));
  },
});

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
