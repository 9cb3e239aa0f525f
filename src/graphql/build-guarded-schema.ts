import { type GraphQLObjectType, type GraphQLSchema, isObjectType } from 'graphql';
import { buildSchema, type BuildSchemaOptions } from 'type-graphql';
import { authChecker } from './auth-checker.ts';
import { accessOf, authorizedDirective, type FieldAccess } from './authorized.ts';

/**
 * Builds a schema in which every root field has a decision: type-graphql's `buildSchema`, with our guard, our directive
 * and a last look at what came out.
 *
 * @throws TypeError that names each root field which is neither `@Authorized` nor `@Public`, each guard with an empty
 * list of roles, and each guard that an override or a simple resolver would drop.
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
    directives: [...(options.directives ?? []), authorizedDirective],
    authChecker,
  });
  const faults = [...faultsOfRoots(schema), ...faultsOfGuards(schema)];
  if (faults.length > 0) throw new TypeError(`The schema is not guarded as it should be.\n${faults.join('\n')}`);
  return schema;
}

function faultsOfRoots(schema: GraphQLSchema): string[] {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  return roots
    .filter((root) => root !== null && root !== undefined)
    .flatMap((root) => Object.values(root.getFields()).map((field) => ({ root, field })))
    .filter(({ field }) => accessOf(field) === null)
    .map(({ root, field }) => `${root.name}.${field.name} is neither @Authorized nor @Public`);
}

function faultsOfGuards(schema: GraphQLSchema): string[] {
  return Object.values(schema.getTypeMap()).filter(isObjectType).flatMap(faultsOfType);
}

function faultsOfType(type: GraphQLObjectType): string[] {
  return Object.values(type.getFields()).flatMap((field) => {
    const name = `${type.name}.${field.name}`;
    const access = accessOf(field);
    const faults: string[] = [];
    if (access?.roles?.length === 0) faults.push(`${name} is @Authorized for an empty list of roles`);
    if (access?.access === 'authorized' && field.resolve === undefined)
      faults.push(`${name} has a simple resolver, which drops its @Authorized`);
    for (const parent of type.getInterfaces()) {
      const inherited = parent.getFields()[field.name];
      if (inherited !== undefined && !isAsStrict(access, accessOf(inherited)))
        faults.push(`${name} drops the @Authorized of ${parent.name}.${field.name}`);
    }
    return faults;
  });
}

function isAsStrict(own: FieldAccess | null, inherited: FieldAccess | null): boolean {
  if (inherited?.access !== 'authorized') return true;
  return own?.access === 'authorized' && JSON.stringify(own.roles) === JSON.stringify(inherited.roles);
}
