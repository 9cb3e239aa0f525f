import { type GraphQLSchema, specifiedDirectives } from 'graphql';
import { buildSchema, type BuildSchemaOptions } from 'type-graphql';
import { authChecker } from './auth-checker.ts';
import { authorizedDirective } from './authorized.ts';
import { guardFaults } from './guard-faults.ts';
import { recheckUserOfPublicFields } from './public-fields.ts';

/**
 * Builds a schema with type-graphql's `buildSchema`, our guard and the `@authorized` directive, and checks the result. Every
 * root field must be `@Authorized` or `@Public`.
 *
 * @throws TypeError that names each root field that is neither, each guard with an empty list of roles, each guard that an
 * override or a simple resolver would drop, and each guard that the SDL does not show.
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
    // A list replaces the directives of the specification (@include, @skip, ...), which clients need.
    directives: [...specifiedDirectives, ...(options.directives ?? []), authorizedDirective],
    authChecker,
  });
  const faults = guardFaults(schema);
  if (faults.length > 0) throw new TypeError(`The guards of the schema are not valid.\n${faults.join('\n')}`);
  recheckUserOfPublicFields(schema);
  return schema;
}
