import { type GraphQLSchema, specifiedDirectives } from 'graphql';
import { buildSchema, type BuildSchemaOptions, type ClassType, getMetadataStorage } from 'type-graphql';
import { HostUserMarker, UserType, withUserType } from '../schema/user.type.ts';
import { authChecker } from './auth-checker.ts';
import { authorizedDirective } from './authorized.ts';
import { limitCredentialOperations } from './credential-operation.ts';
import { guardFaults } from './guard-faults.ts';
import { withOwnResolvers } from './own-resolvers.ts';
import { recheckUserOfPublicFields } from './public-fields.ts';

/** What `buildGuardedSchema` takes. */
export interface GuardedSchemaOptions extends Omit<BuildSchemaOptions, 'authChecker' | 'authMode'> {
  /** Your class for the type `User`. It is for a host that keeps its own users, and required then. */
  readonly userType?: ClassType;
}

const USER_TYPE = 'Pass `userType`, your class for the type User, if and only if `createAuth` got `users`.';

/**
 * Builds a schema with type-graphql's `buildSchema`, our guard and the `@authorized` directive, and checks the result. Every
 * root field must be `@Authorized` or `@Public`. A `container` of yours is asked for your resolvers only. class-validator
 * applies to your inputs only, and its errors never contain the values that were sent.
 *
 * @throws TypeError that names each root field that is neither, each guard with an empty list of roles, each guard that an
 * override or a simple resolver would drop, and each guard that the SDL does not show. Also if a root field or a type is
 * defined twice.
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
export async function buildGuardedSchema({ userType, ...options }: GuardedSchemaOptions): Promise<GraphQLSchema> {
  if (options.resolvers.includes(HostUserMarker) !== (userType !== undefined)) throw new TypeError(USER_TYPE);
  refuseDoubleFields(options.resolvers);
  const schema = await buildWithoutClash(
    {
      ...options,
      ...(options.container === undefined ? {} : { container: withOwnResolvers(options.container) }),
      validate: withoutValues(options.validate ?? false),
      // A list replaces the directives of the specification (@include, @skip, ...), which clients need.
      directives: [...specifiedDirectives, ...(options.directives ?? []), authorizedDirective],
      authChecker,
    },
    userType ?? UserType,
  );
  const faults = guardFaults(schema);
  if (faults.length > 0) throw new TypeError(`The guards of the schema are not valid.\n${faults.join('\n')}`);
  recheckUserOfPublicFields(schema);
  limitCredentialOperations(schema);
  return schema;
}

/** Two resolvers of one root field: type-graphql would drop one without a word. */
function refuseDoubleFields(resolvers: readonly Function[]): void {
  const { queries, mutations, subscriptions } = getMetadataStorage();
  const faults: string[] = [];
  for (const [root, fields] of Object.entries({ Query: queries, Mutation: mutations, Subscription: subscriptions })) {
    const owners = new Map<string, string>();
    for (const { schemaName, target, methodName } of fields.filter((field) => resolvers.includes(field.target))) {
      const name = `${target.name}.${methodName}`;
      const other = owners.get(schemaName);
      if (other !== undefined) faults.push(`${root}.${schemaName} is defined by ${other} and by ${name}`);
      owners.set(schemaName, name);
    }
  }
  if (faults.length > 0) throw new TypeError(`Each root field needs one resolver.\n${faults.join('\n')}`);
}

/** @throws TypeError that names a type that is defined twice, and says what to do. */
async function buildWithoutClash(options: BuildSchemaOptions, userClass: ClassType): Promise<GraphQLSchema> {
  try {
    return await withUserType(userClass, () => buildSchema(options));
  } catch (error) {
    const [, name] = /multiple types named "(\w+)"/.exec(String(error)) ?? [];
    if (name === undefined) throw error;
    const message =
      `The schema has two types named ${name}. If one is yours, use the library's instead (PageInfoType, SessionType, ` +
      'UserType and DateTimeScalar are exported), or give yours another name.';
    throw new TypeError(message, { cause: error });
  }
}

/** class-validator's errors repeat the object and the value unless told otherwise. */
function withoutValues(validate: BuildSchemaOptions['validate']): NonNullable<BuildSchemaOptions['validate']> {
  if (validate === undefined || validate === false) return false;
  const settings = validate === true ? {} : validate;
  return { ...settings, validationError: { ...settings.validationError, target: false, value: false } };
}
