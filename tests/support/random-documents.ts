import {
  getNamedType,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';

/** A document, and the values of its variables. */
export interface RandomDocument {
  readonly query: string;
  readonly variables: Record<string, unknown>;
}

const DEEPEST = 8;
const STRINGS = [
  '',
  'x',
  'ada@example.com',
  'correct horse battery',
  '01b8dd58-e200-71d2-9b97-5156f38e0f73',
  'a.b.c',
  '\\u0000',
  '\\ud83d',
  'ж'.repeat(300),
];
const NUMBERS = ['0', '1', '20', '100', '-1', '101', '2147483647', '99999999999', '1.5', '1e400'];

/** Makes documents of a schema at random: mostly valid ones, and some with mistakes of every kind. */
export class RandomDocuments {
  readonly #schema: GraphQLSchema;
  readonly #random: () => number;
  #variables = new Map<string, string>();
  #values: Record<string, unknown> = {};
  #fragments: string[] = [];
  #aliases = 0;
  /** Half of the documents have no mistakes. */
  #hasMistakes = false;

  constructor(schema: GraphQLSchema, random: () => number) {
    this.#schema = schema;
    this.#random = random;
  }

  next(): RandomDocument {
    this.#variables = new Map();
    this.#values = {};
    this.#fragments = [];
    this.#aliases = 0;
    this.#hasMistakes = this.#chance(0.5);
    const kind = this.#chance(0.25) ? 'mutation' : 'query';
    const root = kind === 'mutation' ? this.#schema.getMutationType() : this.#schema.getQueryType();
    const selection = this.#selectionOf(root ?? undefined, 0);
    const declared = [...this.#variables].map(([name, type]) => `$${name}: ${type}`).join(', ');
    const head = declared === '' ? kind : `${kind} Random(${declared})`;
    const others = this.#chance(0.05) ? this.#times(3, (index) => `query O${index} { __typename }`) : '';
    return {
      query: this.#mangle(`${head} ${selection} ${this.#fragments.join(' ')} ${others}`),
      variables: this.#values,
    };
  }

  #selectionOf(type: GraphQLNamedType | undefined, depth: number): string {
    const fields = isObjectType(type) ? Object.values(type.getFields()) : [];
    const count = this.#chance(0.02) ? 60 : 1 + this.#below(5);
    const parts = Array.from({ length: count }, () => this.#partOf(type, fields, depth));
    return `{ ${parts.join(' ')} }`;
  }

  #partOf(
    type: GraphQLNamedType | undefined,
    fields: readonly GraphQLField<unknown, unknown>[],
    depth: number,
  ): string {
    if (this.#errs(0.03))
      return this.#pick(['__typename', 'nothing', '__schema { queryType { name } }', '__type(name: "User") { name }']);
    if (depth < DEEPEST && this.#chance(0.1)) return this.#fragmentOf(type, depth);
    const field = this.#pick(fields);
    if (field === undefined) return '__typename';
    const alias = this.#chance(0.4) ? `a${this.#errs(0.05) ? 0 : ++this.#aliases}: ` : '';
    const args = this.#argumentsOf(field.args);
    const named = getNamedType(field.type);
    const inner = isObjectType(named) !== this.#errs(0.01) ? this.#selectionOf(named, depth + 1) : '';
    return `${alias}${field.name}${args} ${this.#directives()} ${inner}`;
  }

  #fragmentOf(type: GraphQLNamedType | undefined, depth: number): string {
    const condition = this.#errs(0.1) ? this.#pick(['User', 'Nothing', 'Query', 'String']) : (type?.name ?? 'Query');
    if (this.#chance(0.5)) return `... on ${condition} ${this.#directives()} ${this.#selectionOf(type, depth + 1)}`;
    const name = `F${this.#errs(0.1) ? 0 : this.#fragments.length + 1}x${++this.#aliases}`;
    this.#fragments.push(`fragment ${name} on ${condition} ${this.#selectionOf(type, depth + 1)}`);
    return this.#times(1 + this.#below(2), () => `...${name}`);
  }

  #argumentsOf(args: readonly GraphQLArgument[]): string {
    const given = args
      .filter(({ type }) => (isNonNullType(type) ? !this.#errs(0.03) : this.#chance(0.6)))
      .map(({ name, type }) => `${name}: ${this.#valueOf(type)}`);
    if (this.#errs(0.02)) given.push('nothing: 1');
    return given.length === 0 ? '' : `(${given.join(', ')})`;
  }

  #valueOf(type: GraphQLInputType): string {
    if (this.#chance(0.15)) return this.#variableOf(type);
    if (this.#errs(0.05)) return this.#pick(['null', '[]', '{}', 'true', '"x"', '1', 'RED', '[[[[1]]]]']);
    if (isNonNullType(type)) return this.#valueOf(type.ofType);
    if (isListType(type)) return `[${this.#times(this.#below(4), () => this.#valueOf(type.ofType))}]`;
    if (isEnumType(type)) return this.#errs(0.2) ? 'NOTHING' : this.#pick(type.getValues().map(({ name }) => name));
    if (isInputObjectType(type)) {
      const members = Object.values(type.getFields()).filter(({ type: inner }) =>
        isNonNullType(inner) ? !this.#errs(0.03) : this.#chance(0.5),
      );
      return `{ ${members.map((member) => `${member.name}: ${this.#valueOf(member.type)}`).join(', ')} }`;
    }
    const { name } = getNamedType(type);
    if (name === 'Int' || name === 'Float') return this.#errs(0.3) ? this.#pick(NUMBERS) : String(1 + this.#below(100));
    if (name === 'Boolean') return this.#pick(['true', 'false']);
    return `"${this.#pick(STRINGS)}"`;
  }

  #variableOf(type: GraphQLInputType): string {
    const name = `v${this.#variables.size}`;
    this.#variables.set(name, this.#errs(0.1) ? this.#pick(['Int', 'String!', 'Nothing']) : String(type));
    if (this.#errs(0.5)) this.#values[name] = this.#pick<unknown>([1, 'x', null, {}, [], true, { email: 'x' }]);
    else this.#values[name] = this.#inputOf(type);
    return `$${name}`;
  }

  /** A value of a variable, as JSON. */
  #inputOf(type: GraphQLInputType): unknown {
    if (isNonNullType(type)) return this.#inputOf(type.ofType);
    if (isListType(type)) return [this.#inputOf(type.ofType)];
    if (isEnumType(type)) return this.#pick(type.getValues()).name;
    if (isInputObjectType(type))
      return Object.fromEntries(
        Object.values(type.getFields()).map((field) => [field.name, this.#inputOf(field.type)]),
      );
    const { name } = getNamedType(type);
    if (name === 'Int' || name === 'Float') return 1 + this.#below(100);
    return name === 'Boolean' ? this.#chance(0.5) : this.#pick(STRINGS);
  }

  #directives(): string {
    if (this.#chance(0.9)) return '';
    if (!this.#errs(0.3)) return this.#pick(['@include(if: true)', '@skip(if: false)', '@skip(if: true)']);
    return this.#pick([
      '@include(if: true)',
      '@skip(if: false)',
      '@skip(if: true)',
      '@include',
      '@nothing',
      '@deprecated',
    ]);
  }

  /** A few documents lose or repeat a piece of their text. */
  #mangle(query: string): string {
    if (!this.#errs(0.06)) return query;
    const at = this.#below(query.length);
    const end = at + this.#below(10);
    return this.#chance(0.5) ? query.slice(0, at) + query.slice(end) : query.slice(0, end) + query.slice(at);
  }

  #times(count: number, write: (index: number) => string): string {
    return Array.from({ length: count }, (_, index) => write(index)).join(' ');
  }

  /** Whether to make a mistake. */
  #errs(share: number): boolean {
    return this.#hasMistakes && this.#chance(share);
  }

  #chance(share: number): boolean {
    return this.#random() < share;
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  #pick<T>(values: readonly T[]): T {
    return values[this.#below(values.length)] as T;
  }
}
