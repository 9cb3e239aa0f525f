import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type Token, TokenKind, type ValidationRule } from 'graphql';
import type { MercuriusOptions } from 'mercurius';
import {
  type Auth,
  type AuthContext,
  checkDocumentLength,
  createErrorMask,
  CsrfRejectedError,
  faultOf,
  limitDocuments,
} from '../index.ts';
import { gatherRequests } from './gather-requests.ts';
import { type AdapterOptions, MAX_TOKENS } from './options.ts';
import { requestHeaders } from './request-headers.ts';
import { retryAfterOf } from './retry-after.ts';

/** Where the GraphQL endpoint is. */
export interface FastifyRoute {
  /** The route that the hooks are for, after the prefix of the instance. Others are left alone. @defaultValue `'/graphql'` */
  readonly path?: string;
  /** Tells a request for a page, which runs no operation. A link on another site may lead there. @defaultValue none is */
  readonly isPage?: (request: FastifyRequest) => boolean;
}

const CONTEXT = Symbol('graphql-simplejwt/context');
type Decorated = FastifyRequest & { [CONTEXT]: AuthContext | null };

/**
 * Adds hooks for the GraphQL route to a Fastify instance, before that route is registered. Tokens may be in cookies. A forged
 * request is answered with 403 before its body is read, and every answer has `Cache-Control: no-store`. The client's address is
 * `request.ip`, which obeys Fastify's `trustProxy`.
 *
 * @returns the context function of the GraphQL server.
 */
export function attachAuth(
  app: FastifyInstance,
  auth: Pick<Auth, 'context'>,
  { path = '/graphql', isPage = () => false }: FastifyRoute = {},
): (request: FastifyRequest) => AuthContext {
  if (!app.hasRequestDecorator(CONTEXT)) app.decorateRequest(CONTEXT, null);
  const contextOf = (request: FastifyRequest): AuthContext => {
    const decorated = request as Decorated;
    decorated[CONTEXT] ??= auth.context({
      headers: requestHeaders(request.raw),
      ipAddress: request.ip,
      sendsCookies: true,
    });
    return decorated[CONTEXT];
  };
  app.addHook('onRequest', async (request, reply) => {
    if (!isFor(request, app, path)) return undefined;
    reply.header('cache-control', 'no-store');
    if (isPage(request) || !contextOf(request).auth.isForged) return undefined;
    const { code, message, status } = new CsrfRejectedError('origin');
    return reply.code(status).send({ errors: [{ message, extensions: { code } }] });
  });
  app.addHook('preHandler', async (request) => {
    if (isFor(request, app, path)) await gatherRequests();
  });
  app.addHook('onSend', async (request, reply) => {
    const cookies = (request as Decorated)[CONTEXT]?.auth.setCookieHeaders() ?? [];
    for (const cookie of cookies) reply.header('set-cookie', cookie);
  });
  return contextOf;
}

function isFor({ routeOptions }: FastifyRequest, { prefix }: FastifyInstance, path: string): boolean {
  return routeOptions.url === `${prefix}${path}`;
}

/**
 * Makes the options of Mercurius that this library needs, and adds the hooks of `attachAuth` to the Fastify instance.
 *
 * @example
 * ```ts
 * import type { FastifyInstance } from 'fastify';
 * import type { GraphQLSchema } from 'graphql';
 * import type { Auth } from 'graphql-simplejwt';
 * import { mercuriusOptions } from 'graphql-simplejwt/fastify';
 * import mercurius from 'mercurius';
 *
 * export const serve = (app: FastifyInstance, auth: Auth, schema: GraphQLSchema) =>
 *   app.register(mercurius, { schema, ...mercuriusOptions(app, auth) });
 * ```
 */
export function mercuriusOptions(
  app: FastifyInstance,
  auth: Pick<Auth, 'context'>,
  {
    path = '/graphql',
    isPage,
    documentLimits,
    showsValidationTexts = false,
    maxTokens = MAX_TOKENS,
    onFault,
  }: FastifyRoute & AdapterOptions = {},
) {
  const mask = createErrorMask({ showsValidationTexts });
  const contextOf = attachAuth(app, auth, { path, ...(isPage === undefined ? {} : { isPage }) });
  app.addHook('preHandler', async (request) => {
    if (!isFor(request, app, path)) return;
    for (const operation of [request.body].flat()) {
      const query = (operation as { query?: unknown } | null | undefined)?.query;
      if (typeof query === 'string') checkDocumentLength(query, maxTokens);
    }
  });
  const report = onFault ?? ((fault) => app.log.error({ fault }, 'a request failed inside'));
  return {
    path,
    context: contextOf,
    validationRules: [dropComments, limitDocuments(documentLimits)],
    graphql: { parseOptions: { maxTokens } },
    // Mercurius keeps between one and two times as many documents, however large they are, and as many that are invalid.
    cache: 50,
    errorFormatter({ data, errors }, context) {
      // Mercurius wraps the errors of a document or of its variables in one.
      const all = (errors ?? []).flatMap(
        (error) => (error.originalError as { errors?: Error[] } | undefined)?.errors ?? [error],
      );
      for (const fault of all.map(faultOf)) if (fault !== null) report(fault);
      const seconds = retryAfterOf(data, all);
      if (seconds !== null) context.reply?.header('retry-after', String(seconds));
      let statusCode = 200;
      const shown = all.map(mask).map((error) => {
        const { http, ...extensions } = error.extensions as { http?: { status: number } };
        statusCode = http?.status ?? statusCode;
        return { ...error.toJSON(), extensions };
      });
      // Mercurius types the errors as instances, and sends them as JSON.
      return { statusCode, response: { data: data ?? null, errors: shown as never } };
    },
  } satisfies MercuriusOptions;
}

/** The parser makes an object of each comment, and chains it to the others. Mercurius would keep them with the document. */
const dropComments: ValidationRule = () => ({
  Document({ loc }) {
    for (let token = loc?.startToken ?? null; token !== null; token = token.next)
      if (token.kind === TokenKind.COMMENT) unchain(token);
  },
});

function unchain({ prev, next }: Token): void {
  if (prev !== null) Object.assign(prev, { next });
  if (next !== null) Object.assign(next, { prev });
}
