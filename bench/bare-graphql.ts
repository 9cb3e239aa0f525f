/** Fastify and graphql-js with one field, and documents that are parsed once, to compare with: `node bare-graphql.ts`. It listens on `PORT`. */
import fastify from 'fastify';
import { buildSchema, type DocumentNode, execute, parse, validate } from 'graphql';

const app = fastify();
const schema = buildSchema('type Query { greeting: String! }');
const documents = new Map<string, DocumentNode>();

function documentOf(query: string): DocumentNode {
  let document = documents.get(query);
  if (document === undefined) {
    document = parse(query);
    const [error] = validate(schema, document);
    if (error !== undefined) throw error;
    documents.set(query, document);
  }
  return document;
}

app.post<{ Body: { query: string } }>('/graphql', async ({ body }) =>
  execute({ schema, document: documentOf(body.query), rootValue: { greeting: 'Hello.' } }),
);
const url = await app.listen({ host: '127.0.0.1', port: Number(process.env['PORT'] ?? 0) });
console.log(`is serving ${url}`);
