import { isDeepStrictEqual } from 'node:util';
import {
  getArgumentValues,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  isObjectType,
  specifiedDirectives,
} from 'graphql';
import { buildSchema, type BuildSchemaOptions } from 'type-graphql';
import { authChecker } from './auth-checker.ts';
import { authorizedDirective, decisionsOf, type FieldAccess } from './authorized.ts';
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
  const faults = [...faultsOfRoots(schema), ...faultsOfGuards(schema)];
  if (faults.length > 0) throw new TypeError(`The schema is not guarded as it should be.\n${faults.join('\n')}`);
  doubtUsersOfPublicMutations(schema);
  return schema;
}

function faultsOfRoots(schema: GraphQLSchema): string[] {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  return roots
    .filter((root) => root !== null && root !== undefined)
    .flatMap((root) => Object.values(root.getFields()).map((field) => ({ root, field })))
    .filter(({ field }) => decisionsOf(field).length === 0)
    .map(({ root, field }) => `${root.name}.${field.name} is neither @Authorized nor @Public`);
}

function faultsOfGuards(schema: GraphQLSchema): string[] {
  return Object.values(schema.getTypeMap()).filter(isObjectType).flatMap(faultsOfType);
}

function faultsOfType(type: GraphQLObjectType): string[] {
  return Object.values(type.getFields()).flatMap((field) => {
    const name = `${type.name}.${field.name}`;
    const decisions = decisionsOf(field);
    const isGuarded = decisions.some(({ access }) => access === 'authorized');
    const faults: string[] = [];
    if (decisions.some(({ roles }) => roles?.length === 0))
      faults.push(`${name} is @Authorized for an empty list of roles`);
    if (isGuarded && field.resolve === undefined)
      faults.push(`${name} has a simple resolver, which drops its @Authorized`);
    const dropped = type.getInterfaces().filter((parent) => drops(field, parent.getFields()[field.name]));
    faults.push(...dropped.map((parent) => `${name} drops the @Authorized of ${parent.name}.${field.name}`));
    if (dropped.length === 0 && !isAsShown(field, decisions))
      faults.push(
        `${name} is not guarded as the SDL says; @Authorized stands once, beside @Field, @Query or @Mutation, in each class that declares the field`,
      );
    return faults;
  });
}

type AnyField = GraphQLField<unknown, unknown>;

function drops(field: AnyField, inherited: AnyField | undefined): boolean {
  const guards = guardsShown(inherited);
  return guards.length > 0 && !isDeepStrictEqual(guards, guardsShown(field));
}

/** A directive stands where it was written, as the guard does; a decision that stands alone is none. */
function isAsShown(field: AnyField, decisions: readonly FieldAccess[]): boolean {
  const [first] = decisions;
  if (decisions.some((decision) => !isDeepStrictEqual(decision, first))) return false;
  return isDeepStrictEqual(first?.access === 'authorized' ? [first.roles] : [], guardsShown(field));
}

/** The roles of each `@authorized` in the SDL: none for an open field, null where every user will do. */
function guardsShown(field: AnyField | undefined): unknown[] {
  const directives = field?.astNode?.directives ?? [];
  return directives
    .filter(({ name }) => name.value === authorizedDirective.name)
    .map((directive) => getArgumentValues(authorizedDirective, directive)['roles'] ?? null);
}
