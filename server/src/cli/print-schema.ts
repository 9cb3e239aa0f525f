import { printSchemaWithDirectives } from '@graphql-tools/utils';
import { authResolvers, buildGuardedSchema } from 'graphql-simplejwt';

/** Prints schema.graphql: the whole schema with the guard of each field. It needs no database and no keys. */
export async function printSchema(): Promise<void> {
  const schema = await buildGuardedSchema({ resolvers: authResolvers() });
  console.log('# Printed from the code by "npm run generate". Change the code, not this file.\n');
  console.log(printSchemaWithDirectives(schema).trimEnd());
}
