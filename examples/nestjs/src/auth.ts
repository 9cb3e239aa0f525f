import { MikroORM } from '@mikro-orm/sqlite';
import { Directive } from '@nestjs/graphql';
import { authEntities, createAuth, generateKeys } from 'graphql-simplejwt';

/** Guards a field, as `@Authorized` of type-graphql would: one of the roles is enough. */
export const Authorized = (...roles: string[]) =>
  Directive(roles.length === 0 ? '@authorized' : `@authorized(roles: ${JSON.stringify(roles)})`);

/** Opens a root field to everyone. A root field that has neither fails the start. */
export const Public = () => Directive('@public');

export async function startAuth(database: string, issuer: string) {
  const orm = await MikroORM.init({ dbName: database, entities: [...authEntities] });
  await orm.schema.update({ safe: true });
  // In production, read the keys from a file: `graphql-simplejwt-server keys:generate` writes one.
  return createAuth({ orm, keys: generateKeys(), issuer });
}
