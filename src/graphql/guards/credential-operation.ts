import { getDirective } from '@graphql-tools/utils';
import {
  defaultFieldResolver,
  DirectiveLocation,
  type FragmentDefinitionNode,
  GraphQLDirective,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  Kind,
  type SelectionSetNode,
} from 'graphql';
import { Extensions } from 'type-graphql';
import { TooManyCredentialOperationsError } from '../../errors.ts';

const EXTENSION = 'graphql-simplejwt/credential-operation';

/**
 * Marks a root field that checks a password, a token or a code. A document may contain one of them: a thousand aliases would
 * otherwise be a thousand attempts in one request. Ours are `login`, `register`, `changePassword`, `refreshToken`, `verifyToken`,
 * and those that mail or take a code.
 *
 * @example
 * ```ts
 * import { CredentialOperation, Public } from 'graphql-simplejwt';
 * import { Arg, Mutation, Resolver } from 'type-graphql';
 *
 * @Resolver()
 * class CodeResolver {
 *   @CredentialOperation()
 *   @Public()
 *   @Mutation(() => Boolean, { nullable: true })
 *   checkCode(@Arg('code', () => String) code: string): boolean {
 *     return code === '123456';
 *   }
 * }
 * ```
 */
export function CredentialOperation(): MethodDecorator {
  return Extensions({ [EXTENSION]: true });
}

/** The mark in the SDL. It is for schemas that `guardSchema` guards. */
export const credentialOperationDirective = new GraphQLDirective({
  name: 'credentialOperation',
  description: 'Checks a password, a token or a code. A document may have one such field.',
  locations: [DirectiveLocation.FIELD_DEFINITION],
});

type AnyField = GraphQLField<unknown, unknown>;

/** Whether a decorator or a directive marks the field. */
export function isCredentialOperation(schema: GraphQLSchema, field: AnyField): boolean {
  return isMarked(field) || getDirective(schema, field, credentialOperationDirective.name) !== undefined;
}

function isMarked({ extensions }: AnyField): boolean {
  return extensions[EXTENSION] === true;
}

/** Refuses every credential operation of a document that has several, before any of them runs. */
export function limitCredentialOperations(
  schema: GraphQLSchema,
  isLimited: (field: AnyField) => boolean = isMarked,
): void {
  for (const root of [schema.getQueryType(), schema.getMutationType()]) if (root) limitOperationsOf(root, isLimited);
}

function limitOperationsOf(root: GraphQLObjectType, isLimited: (field: AnyField) => boolean): void {
  const marked = Object.values(root.getFields()).filter(isLimited);
  const names = new Set(marked.map(({ name }) => name));
  const counts = new WeakMap<object, number>();
  for (const field of marked) {
    const resolve = field.resolve ?? defaultFieldResolver;
    field.resolve = (source, args, context, info) => {
      const { operation } = info;
      const count = counts.get(operation) ?? countOperations(info, names);
      counts.set(operation, count);
      if (count > 1) throw new TooManyCredentialOperationsError();
      return resolve(source, args, context, info);
    };
  }
}

/** Counts fields of the root, aliases and fragments included. Each fragment is counted once and added for each use. */
function countOperations({ operation, fragments }: GraphQLResolveInfo, names: ReadonlySet<string>): number {
  const ofFragments = new Map<FragmentDefinitionNode, number>();
  const count = ({ selections }: SelectionSetNode): number =>
    selections.reduce((sum, selection) => {
      if (selection.kind === Kind.FIELD) return sum + (names.has(selection.name.value) ? 1 : 0);
      if (selection.kind === Kind.INLINE_FRAGMENT) return sum + count(selection.selectionSet);
      const fragment = fragments[selection.name.value];
      if (fragment === undefined) return sum;
      const known = ofFragments.get(fragment) ?? count(fragment.selectionSet);
      ofFragments.set(fragment, known);
      return sum + known;
    }, 0);
  return count(operation.selectionSet);
}
