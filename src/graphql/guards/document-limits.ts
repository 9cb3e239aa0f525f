import {
  type ASTNode,
  type FieldNode,
  type FragmentDefinitionNode,
  getNamedType,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  isInterfaceType,
  isObjectType,
  Kind,
  SchemaMetaFieldDef,
  type SelectionNode,
  type ValidationContext,
  type ValidationRule,
} from 'graphql';
import { DocumentLimitError } from '../errors/document-limit-error.ts';

/** How large a document may be. Each limit counts fragments once for each use. */
export interface DocumentLimits {
  /** How deep its selections may nest. @defaultValue `20` */
  readonly depth?: number;
  /** How many aliases it may have. @defaultValue `50` */
  readonly aliases?: number;
  /** How many root fields it may have. @defaultValue `20` */
  readonly rootFields?: number;
  /** How many directives it may have. @defaultValue `50` */
  readonly directives?: number;
  /**
   * How many fields the answer may have, if every list is full. A list is as long as `first` says, or as `assumedSize` in the
   * `extensions` of its field. Other lists count once.
   * @defaultValue `5000`
   */
  readonly cost?: number;
}

/** The limits that apply where nothing else is set. They are far above what an honest client sends. */
export const DEFAULT_DOCUMENT_LIMITS: Required<DocumentLimits> = Object.freeze({
  depth: 20,
  aliases: 50,
  rootFields: 20,
  directives: 50,
  cost: 5_000,
});
const NAMES: Readonly<Record<keyof DocumentLimits, string>> = {
  depth: 'levels',
  aliases: 'aliases',
  rootFields: 'root fields',
  directives: 'directives',
  cost: 'fields in its answer',
};
/** What a list counts if its size is a variable or unknown: the most that our own pages allow. */
export const UNKNOWN_SIZE = 100;

type Size = Required<DocumentLimits>;

/**
 * Makes a validation rule that refuses a document which is too large, before anything of it runs. The error says which
 * limit was exceeded, and where: `extensions` has the `limit` and its `max`. Also set `maxTokens` of your server's parser.
 *
 * @example
 * ```ts
 * import { ApolloServer } from '@apollo/server';
 * import type { GraphQLSchema } from 'graphql';
 * import { limitDocuments } from 'graphql-simplejwt';
 *
 * export const createServer = (schema: GraphQLSchema) =>
 *   new ApolloServer({ schema, validationRules: [limitDocuments({ depth: 12 })], parseOptions: { maxTokens: 2_000 } });
 * ```
 */
export function limitDocuments(limits: DocumentLimits = {}): ValidationRule {
  const allowed = { ...DEFAULT_DOCUMENT_LIMITS, ...limits };
  return (context) => ({
    OperationDefinition(operation) {
      const root = context.getSchema().getRootType(operation.operation);
      const size = new Measure(context).sizeOf(operation.selectionSet.selections, root ?? undefined);
      for (const limit of Object.keys(allowed) as (keyof DocumentLimits)[])
        if (size[limit] > allowed[limit]) {
          context.reportError(new DocumentLimitError(limit, allowed[limit], NAMES[limit], operation));
          return;
        }
    },
  });
}

/** With indentation, comments and long names. The documents of clients have three to ten. */
const CHARACTERS_OF_TOKEN = 50;

/**
 * Refuses a document whose text is too long, before it is parsed. `maxTokens` is that of your server's parser, and the text may have fifty
 * characters for each. The parser does not count comments, so a long text could take all memory. The adapters do this for you.
 *
 * @throws GraphQLError whose `extensions` have the `limit` `characters` and its `max`.
 *
 * @example
 * ```ts
 * import { parse } from 'graphql';
 * import { checkDocumentLength } from 'graphql-simplejwt';
 *
 * export function parseSafely(text: string) {
 *   checkDocumentLength(text, 2_000);
 *   return parse(text, { maxTokens: 2_000 });
 * }
 * ```
 */
export function checkDocumentLength(text: string, maxTokens: number): void {
  const max = CHARACTERS_OF_TOKEN * maxTokens;
  if (text.length > max) throw new DocumentLimitError('characters', max, 'characters');
}

/** Measures one operation in one pass over each of its fragments. */
class Measure {
  readonly #context: ValidationContext;
  readonly #schema: GraphQLSchema;
  readonly #ofFragments = new Map<FragmentDefinitionNode, Size>();

  constructor(context: ValidationContext) {
    this.#context = context;
    this.#schema = context.getSchema();
  }

  sizeOf(selections: readonly SelectionNode[], parent: GraphQLNamedType | undefined): Size {
    const total = { depth: 0, aliases: 0, rootFields: 0, directives: 0, cost: 0 };
    for (const selection of selections) {
      const size = this.#sizeOfSelection(selection, parent);
      total.depth = Math.max(total.depth, size.depth);
      for (const name of ['aliases', 'rootFields', 'directives', 'cost'] as const) total[name] += size[name];
    }
    return total;
  }

  #sizeOfSelection(selection: SelectionNode, parent: GraphQLNamedType | undefined): Size {
    const directives = selection.directives?.length ?? 0;
    const inner =
      selection.kind === Kind.FIELD
        ? this.#sizeOfField(selection, parent)
        : selection.kind === Kind.INLINE_FRAGMENT
          ? this.sizeOf(selection.selectionSet.selections, this.#typeOf(selection.typeCondition) ?? parent)
          : this.#sizeOfFragment(this.#context.getFragment(selection.name.value));
    return { ...inner, directives: inner.directives + directives };
  }

  #sizeOfField(node: FieldNode, parent: GraphQLNamedType | undefined): Size {
    const field = fieldOf(parent, node.name.value);
    const type = field === undefined ? undefined : getNamedType(field.type);
    const inner = this.sizeOf(node.selectionSet?.selections ?? [], type);
    return {
      depth: inner.depth + 1,
      aliases: inner.aliases + (node.alias === undefined ? 0 : 1),
      rootFields: 1,
      directives: inner.directives,
      cost: 1 + inner.cost * this.#lengthOf(node, field),
    };
  }

  #sizeOfFragment(fragment: FragmentDefinitionNode | null | undefined): Size {
    const none = { depth: 0, aliases: 0, rootFields: 0, directives: 0, cost: 0 };
    if (!fragment) return none;
    const known = this.#ofFragments.get(fragment);
    if (known !== undefined) return known;
    // A fragment that contains itself is refused by another rule.
    this.#ofFragments.set(fragment, none);
    const size = this.sizeOf(fragment.selectionSet.selections, this.#typeOf(fragment.typeCondition));
    this.#ofFragments.set(fragment, size);
    return size;
  }

  #lengthOf(node: FieldNode, field: GraphQLField<unknown, unknown> | undefined): number {
    const given = node.arguments?.find(({ name }) => name.value === 'first')?.value;
    const byDefault: unknown = field?.args.find(({ name }) => name === 'first')?.defaultValue;
    if (given === undefined) return sizeOr(byDefault, sizeOr(field?.extensions['assumedSize'], 1));
    if (given.kind === Kind.VARIABLE) return UNKNOWN_SIZE;
    return given.kind === Kind.INT ? Math.min(Math.max(1, Number(given.value)), Number.MAX_SAFE_INTEGER) : 1;
  }

  #typeOf(condition: (ASTNode & { readonly name: { readonly value: string } }) | undefined) {
    return condition === undefined ? undefined : this.#schema.getType(condition.name.value);
  }
}

function sizeOr(size: unknown, otherwise: number): number {
  return typeof size === 'number' ? size : otherwise;
}

function fieldOf(parent: GraphQLNamedType | undefined, name: string): GraphQLField<unknown, unknown> | undefined {
  if (name === SchemaMetaFieldDef.name) return SchemaMetaFieldDef;
  return isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[name] : undefined;
}
