import { isDeepStrictEqual } from 'node:util';
import {
  getArgumentValues,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  isObjectType,
} from 'graphql';
import { getMetadataStorage } from 'type-graphql';
import { authorizedDirective, decisionsOf, type FieldAccess } from './authorized.ts';

type AnyField = GraphQLField<unknown, unknown>;

/** What is wrong with the guards of a finished schema, one line each. */
export function guardFaults(schema: GraphQLSchema): string[] {
  return [...faultsOfRoots(schema), ...Object.values(schema.getTypeMap()).filter(isObjectType).flatMap(faultsOfType)];
}

function faultsOfRoots(schema: GraphQLSchema): string[] {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  return roots
    .filter((root) => root !== null && root !== undefined)
    .flatMap((root) => Object.values(root.getFields()).map((field) => ({ root, field })))
    .filter(({ field }) => decisionsOf(field).length === 0)
    .map(({ root, field }) => `${root.name}.${field.name} is neither @Authorized nor @Public`);
}

function faultsOfType(type: GraphQLObjectType): string[] {
  return Object.values(type.getFields()).flatMap((field) => faultsOfField(type, field));
}

function faultsOfField(type: GraphQLObjectType, field: AnyField): string[] {
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
  if (dropped.length === 0 && !(isAsShown(field, decisions) && isInForce(type, field)))
    faults.push(
      `${name} is not guarded as the SDL says: put @Authorized once, beside @Field, @Query or @Mutation, in each class that declares the field`,
    );
  return faults;
}

function drops(field: AnyField, inherited: AnyField | undefined): boolean {
  const guards = guardsShown(inherited);
  return guards.length > 0 && !isDeepStrictEqual(guards, guardsShown(field));
}

/** Whether the field's decisions agree with each other and with the directives that the SDL shows. */
function isAsShown(field: AnyField, decisions: readonly FieldAccess[]): boolean {
  const [first] = decisions;
  if (decisions.some((decision) => !isDeepStrictEqual(decision, first))) return false;
  return isDeepStrictEqual(first?.access === 'authorized' ? [first.roles] : [], guardsShown(field));
}

/**
 * Whether type-graphql guards the field as the SDL says. A field resolver changes the guard of its field even if its class
 * belongs to another schema. If two schemas have a type of this name, either may match.
 */
function isInForce(type: GraphQLObjectType, field: AnyField): boolean {
  const declared = getMetadataStorage()
    .objectTypes.filter(({ name }) => name === type.name)
    .flatMap(({ fields }) => fields ?? [])
    .filter(({ schemaName }) => schemaName === field.name);
  if (declared.length === 0) return true;
  // If no role is required, type-graphql's list is empty.
  const shown = guardsShown(field).map((roles) => roles ?? []);
  return declared.some(({ roles }) => isDeepStrictEqual(roles === undefined ? [] : [roles], shown));
}

/** The roles of each `@authorized` in the SDL. The list is empty for an open field; null stands for any user. */
function guardsShown(field: AnyField | undefined): unknown[] {
  const directives = field?.astNode?.directives ?? [];
  return directives
    .filter(({ name }) => name.value === authorizedDirective.name)
    .map((directive) => getArgumentValues(authorizedDirective, directive)['roles'] ?? null);
}
