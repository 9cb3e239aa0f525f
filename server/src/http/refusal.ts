import type { FastifyReply } from 'fastify';

/** Answers a request that never reaches GraphQL, in the form of a GraphQL answer. */
export function answerCode(reply: FastifyReply, status: number, code: string, message: string): FastifyReply {
  return reply.code(status).send({ errors: [{ message, extensions: { code } }] });
}
