import { isDeepStrictEqual } from 'node:util';
import { getDirective } from '@graphql-tools/utils';
import {
  defaultFieldResolver,
  type GraphQLField,
  type GraphQLFieldResolver,
  type GraphQLObjectType,
  type GraphQLSchema,
  isObjectType,
} from 'graphql';
import type { AuthContext } from '../../request/context.ts';
import { requireUser } from './auth-checker.ts';
import { authorizedDirective, decisionsOf, type FieldAccess } from './authorized.ts';
import { isCredentialOperation, limitCredentialOperations } from './credential-operation.ts';
import { recheckUserOf } from './public-fields.ts';

/** Who may use a field: everybody, every user, or users with one of these roles. */
export type FieldRule = 'public' | 'authorized' | { readonly roles: readonly string[] };

/** What `guardSchema` takes. */
export interface GuardSchemaOptions {
  /**
   * Rules of fields that have no directive, by `Type.field`, such as `{ 'Query._service': 'public' }`. They are for schemas without
   * SDL, and for fields that a library adds.
   */
  readonly fields?: Readonly<Record<string, FieldRule>>;
}

type AnyField = GraphQLField<unknown, AuthContext>;

interface GuardedField {
  readonly type: GraphQLObjectType;
  readonly field: AnyField;
  /** Null if nothing says who may use it. */
  readonly access: FieldAccess | null;
  /** Whether a rule says something else than a directive. */
  readonly isContradicted: boolean;
}

const guarded = new WeakSet<GraphQLSchema>();

/**
 * Makes a schema obey `@authorized` and `@public`, however it was made: from SDL, by Pothos, with graphql-js. Every root field must
 * have one of the two, so none is open by accident. The answers are those of `buildGuardedSchema`. The resolvers of the given
 * schema are replaced. A schema from `buildGuardedSchema` is guarded already. Stitch schemas first, and guard the result: a gateway
 * splits a document, and only the whole tells how many credentials it has.
 *
 * @returns the same schema.
 * @throws TypeError that names each root field that is neither, each field that is both or has an empty list of roles, each that
 *   drops the guard of an interface, and each rule that contradicts a directive or is for
 *   a field that does not exist.
 *
 * @example
 * ```ts
 * import { makeExecutableSchema } from '@graphql-tools/schema';
 * import { type Auth, buildAuthModule, guardSchema } from 'graphql-simplejwt';
 *
 * export async function buildSchema(auth: Auth) {
 *   const { typeDefs, resolvers } = await buildAuthModule(auth);
 *   const mine = 'type Query { greeting: String @public  secret: String @authorized(roles: ["ADMIN"]) }';
 *   const schema = makeExecutableSchema({
 *     typeDefs: [typeDefs, mine],
 *     resolvers: [resolvers, { Query: { greeting: () => 'hello', secret: () => '42' } }],
 *   });
 *   return guardSchema(schema);
 * }
 * ```
 */
export function guardSchema(schema: GraphQLSchema, { fields = {} }: GuardSchemaOptions = {}): GraphQLSchema {
  if (guarded.has(schema)) return schema;
  const all = fieldsOf(schema, fields);
  const faults = [
    ...faultsOfDirective(schema),
    ...faultsOfRules(all, fields),
    ...all.flatMap((field) => faultsOf(schema, field)),
  ];
  if (faults.length > 0) throw new TypeError(`The guards of the schema are not valid.\n${faults.join('\n')}`);
  for (const each of all) enforce(schema, each);
  limitCredentialOperations(schema, (field) => isCredentialOperation(schema, field));
  guarded.add(schema);
  return schema;
}

function fieldsOf(schema: GraphQLSchema, rules: NonNullable<GuardSchemaOptions['fields']>): GuardedField[] {
  return Object.values(schema.getTypeMap())
    .filter((type) => isObjectType(type))
    .filter(({ name }) => !name.startsWith('__'))
    .flatMap((type) => Object.values(type.getFields()).map((field) => ({ type, field })))
    .map(({ type, field }) => {
      const rule = rules[`${type.name}.${field.name}`];
      const shown = accessOf(schema, field);
      const access = rule === undefined ? shown : accessOfRule(rule);
      const isContradicted = rule !== undefined && shown !== null && !isDeepStrictEqual(shown, access);
      return { type, field, access, isContradicted };
    });
}

function accessOfRule(rule: FieldRule): FieldAccess {
  if (typeof rule === 'object') return { access: 'authorized', roles: toRoles(rule.roles) };
  return { access: rule, roles: null };
}

/** What directives, or our decorators, say of a field. */
function accessOf(schema: GraphQLSchema, field: GraphQLField<unknown, unknown>): FieldAccess | null {
  const [directive] = getDirective(schema, field, authorizedDirective.name) ?? [];
  if (directive !== undefined) return { access: 'authorized', roles: toRoles(directive['roles']) };
  if (getDirective(schema, field, 'public') !== undefined) return { access: 'public', roles: null };
  return decisionsOf(field)[0] ?? null;
}

/**
 * GraphQL reads one value as a list of one, but only where it knows the directive. A value that is no text makes the list empty,
 * which is a fault.
 */
function toRoles(given: unknown): readonly string[] | null {
  if (given === undefined || given === null) return null;
  const list: readonly unknown[] = Array.isArray(given) ? given : [given];
  return list.every((role) => typeof role === 'string') ? list : [];
}

/** A directive of the same name with other arguments would be read as if it had none. */
function faultsOfDirective(schema: GraphQLSchema): string[] {
  const args = schema.getDirective(authorizedDirective.name)?.args;
  if (args === undefined || (args.length === 1 && args[0]?.name === 'roles' && String(args[0].type) === '[String!]'))
    return [];
  return ['the schema has another directive @authorized: define it as `directive @authorized(roles: [String!])`'];
}

function faultsOfRules(all: readonly GuardedField[], rules: NonNullable<GuardSchemaOptions['fields']>): string[] {
  const names = new Set(all.map(({ type, field }) => `${type.name}.${field.name}`));
  return Object.keys(rules)
    .filter((name) => !names.has(name))
    .map((name) => `${name} does not exist, and \`fields\` has a rule for it`);
}

function faultsOf(schema: GraphQLSchema, { type, field, access, isContradicted }: GuardedField): string[] {
  const name = `${type.name}.${field.name}`;
  const faults: string[] = [];
  if (access === null && isRoot(schema, type)) faults.push(`${name} is neither @authorized nor @public`);
  if (isContradicted) faults.push(`${name} has a rule in \`fields\` that contradicts its directive`);
  if (access?.roles?.length === 0) faults.push(`${name} is @authorized for an empty list of roles`);
  const directives = getDirective(schema, field, authorizedDirective.name) ?? [];
  if (directives.length > 1) faults.push(`${name} has more than one @authorized`);
  if (directives.length > 0 && getDirective(schema, field, 'public') !== undefined)
    faults.push(`${name} is both @authorized and @public`);
  const dropped = type.getInterfaces().filter((parent) => {
    const inherited = parent.getFields()[field.name];
    const required = inherited === undefined ? null : accessOf(schema, inherited);
    return required?.access === 'authorized' && !isDeepStrictEqual(required, access);
  });
  return [...faults, ...dropped.map((parent) => `${name} drops the @authorized of ${parent.name}.${field.name}`)];
}

function isRoot(schema: GraphQLSchema, type: GraphQLObjectType): boolean {
  return [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].includes(type);
}

function enforce(schema: GraphQLSchema, { type, field, access }: GuardedField): void {
  const isMutation = type === schema.getMutationType();
  if (access?.access === 'authorized') {
    const roles = access.roles ?? [];
    const guard = (resolve: GraphQLFieldResolver<unknown, AuthContext>): typeof resolve => {
      return (source, args, context, info) => {
        requireUser(context, info, roles);
        return resolve(source, args, context, info);
      };
    };
    field.resolve = guard(field.resolve ?? defaultFieldResolver);
    if (field.subscribe !== undefined) field.subscribe = guard(field.subscribe);
  } else if (isRoot(schema, type)) recheckUserOf(field, isMutation);
}
