import { getDocumentNodeFromSchema, getResolversFromSchema, type IResolvers } from '@graphql-tools/utils';
import {
  type ConstDirectiveNode,
  type FieldDefinitionNode,
  type GraphQLDirective,
  type GraphQLObjectType,
  GraphQLSchema,
  Kind,
  print,
  visit,
} from 'graphql';
import { Field, ID, type NonEmptyArray, ObjectType } from 'type-graphql';
import { authorizedDirective, publicDirective } from '../guards/authorized.ts';
import { buildGuardedSchema } from '../guards/build-guarded-schema.ts';
import { credentialOperationDirective, isCredentialOperation } from '../guards/credential-operation.ts';
import { HostUserMarker } from './user.type.ts';

/** What graphql-tools, Apollo Server and others merge into a schema. */
export interface AuthModule {
  /** SDL with our root fields, our types and the directives `@authorized`, `@public` and `@credentialOperation`. */
  readonly typeDefs: string;
  readonly resolvers: IResolvers;
}

/** Stands for the host's `User` while our part of the schema is built, and does not get into the module. */
@ObjectType('User')
class AbsentUser {
  @Field(() => ID)
  id!: string;
}

/**
 * Makes our part of a schema for hosts that do not use type-graphql. If you keep your own users, it refers to your type `User` and
 * does not define it. Merge it with your own part, and pass the result to `guardSchema`.
 *
 * @param auth - or its `resolvers` alone: `authResolvers()` has them without a database.
 */
export async function buildAuthModule(auth: { readonly resolvers: NonEmptyArray<Function> }): Promise<AuthModule> {
  const isOfHost = auth.resolvers.includes(HostUserMarker);
  const schema = await buildGuardedSchema({ resolvers: auth.resolvers, ...(isOfHost ? { userType: AbsentUser } : {}) });
  const resolvers = getResolversFromSchema(schema) as ResolverMap;
  for (const root of rootsOf(schema))
    for (const { name, extensions } of Object.values(root.getFields()))
      Object.assign(resolvers[root.name]?.[name] ?? {}, { extensions });
  if (isOfHost) delete resolvers['User'];
  return { typeDefs: printModule(schema, isOfHost), resolvers };
}

type ResolverMap = Record<string, Record<string, object>>;

function rootsOf(schema: GraphQLSchema): GraphQLObjectType[] {
  return [schema.getQueryType(), schema.getMutationType()].filter((type) => type !== null && type !== undefined);
}

function printModule(schema: GraphQLSchema, isOfHost: boolean): string {
  const directives = [authorizedDirective, publicDirective, credentialOperationDirective];
  const document = getDocumentNodeFromSchema(new GraphQLSchema({ ...schema.toConfig(), directives }));
  return print(
    visit(document, {
      SchemaDefinition: () => null,
      ObjectTypeDefinition(node) {
        if (isOfHost && node.name.value === 'User') return null;
        const root = rootsOf(schema).find(({ name }) => name === node.name.value);
        return root ? { ...node, fields: node.fields?.map((field) => markField(schema, root, field)) } : undefined;
      },
    }),
  );
}

/** Writes into the SDL what type-graphql keeps in a field's extensions. */
function markField(schema: GraphQLSchema, root: GraphQLObjectType, node: FieldDefinitionNode): FieldDefinitionNode {
  const { directives = [] } = node;
  const isGuarded = directives.some(({ name }) => name.value === authorizedDirective.name);
  const field = root.getFields()[node.name.value];
  const isLimited = field !== undefined && isCredentialOperation(schema, field);
  const marks = [...(isGuarded ? [] : [publicDirective]), ...(isLimited ? [credentialOperationDirective] : [])];
  return { ...node, directives: [...directives, ...marks.map(directiveNode)] };
}

function directiveNode({ name }: GraphQLDirective): ConstDirectiveNode {
  return { kind: Kind.DIRECTIVE, name: { kind: Kind.NAME, value: name } };
}
