import { type GraphQLSchema, specifiedDirectives } from 'graphql';
import { buildSchema, type BuildSchemaOptions } from 'type-graphql';
import { authChecker } from './auth-checker.ts';
import { authorizedDirective } from './authorized.ts';
import { guardFaults } from './guard-faults.ts';
import { doubtUsersOfPublicMutations } from './public-mutations.ts';

/**
 * Builds a schema in which every root field has a decision: type-graphql's `buildSchema`, with our guard, our directive
 * and a last look at what came out.
 *
 * @throws TypeError that names each root field which is neither `@Authorized` nor `@Public`, each guard with an empty
 * list of roles, each guard that an override or a simple resolver would drop, and each that the SDL does not show as
 * it is.
 *
 * @example
 * ```ts
 * import { type Auth, buildGuardedSchema, Public } from 'graphql-simplejwt';
 * import { Query, Resolver } from 'type-graphql';
 *
 * @Resolver()
 * class GreetingResolver {
 *   @Public()
 *   @Query(() => String)
 *   greeting(): string {
 *     return 'hello';
 *   }
 * }
 *
 * export const buildSchema = (auth: Auth) => buildGuardedSchema({ resolvers: [...auth.resolvers, GreetingResolver] });
 * ```
 */
export async function buildGuardedSchema(
  options: Omit<BuildSchemaOptions, 'authChecker' | 'authMode'>,
): Promise<GraphQLSchema> {
  const schema = await buildSchema({
    validate: false,
    ...options,
    // A list of our own takes the place of the specification's (@include, @skip, ...), which clients cannot do without.
    directives: [...specifiedDirectives, ...(options.directives ?? []), authorizedDirective],
    authChecker,
  });
  const faults = guardFaults(schema);
  if (faults.length > 0) throw new TypeError(`The schema is not guarded as it should be.\n${faults.join('\n')}`);
  doubtUsersOfPublicMutations(schema);
  return schema;
}
