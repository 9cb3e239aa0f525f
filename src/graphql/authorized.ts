import { DirectiveLocation, GraphQLDirective, GraphQLList, GraphQLNonNull, GraphQLString } from 'graphql';
import { Authorized as TypeGraphQLAuthorized, Directive, Extensions } from 'type-graphql';

/** A decision about a field, where the check of the finished schema finds it. */
export interface FieldAccess {
  readonly access: 'public' | 'authorized';
  /** Any one of these will do; null where no role is asked for. */
  readonly roles: readonly string[] | null;
}

interface Decision extends FieldAccess {
  /** The class in which it was taken. */
  readonly target: Function;
}

const EXTENSION = 'graphql-simplejwt/access/';
let decisionsTaken = 0;

/** What a guard looks like in the SDL. Introspection never shows it. */
export const authorizedDirective = new GraphQLDirective({
  name: 'authorized',
  description: 'Requires a live access token; where roles are named, one of them at least.',
  locations: [DirectiveLocation.FIELD_DEFINITION],
  args: {
    roles: { type: new GraphQLList(new GraphQLNonNull(GraphQLString)), description: 'Any one of these will do.' },
  },
});

/**
 * Guards a field: without a live access token it answers UNAUTHENTICATED, and FORBIDDEN where the user has none of the
 * roles that are named. The guard stands in the SDL as `@authorized`.
 *
 * @param roles one role, or a list of which one is enough. An empty list is refused when the schema is built.
 *
 * @example
 * ```ts
 * import { Authorized } from 'graphql-simplejwt';
 * import { Query, Resolver } from 'type-graphql';
 *
 * @Resolver()
 * class ReportResolver {
 *   @Authorized('ADMIN')
 *   @Query(() => String, { nullable: true })
 *   report(): string {
 *     return 'for administrators only';
 *   }
 * }
 * ```
 */
export function Authorized(roles?: string | readonly string[]): MethodDecorator & PropertyDecorator {
  const list = typeof roles === 'string' ? [roles] : (roles ?? null);
  const argument = list === null ? '' : `(roles: ${JSON.stringify(list)})`;
  return decorateWith(
    TypeGraphQLAuthorized(list ?? []),
    Directive(`@authorized${argument}`),
    decide({ access: 'authorized', roles: list }),
  );
}

/** Says that a root field is meant to be open to everybody. One that says nothing fails the build of the schema. */
export function Public(): MethodDecorator & PropertyDecorator {
  return decorateWith(decide({ access: 'public', roles: null }));
}

/**
 * Reads the decisions back from a field of the finished schema. type-graphql hands extensions down from class to class,
 * and of two under one name keeps now the one, now the other. So each has a name of its own, and a decision gives way to
 * one that a class further down has taken.
 */
export function decisionsOf(field: { readonly extensions: Readonly<Record<string, unknown>> }): FieldAccess[] {
  const decisions = Object.entries(field.extensions)
    .filter(([name]) => name.startsWith(EXTENSION))
    .map(([, decision]) => decision as Decision);
  return decisions
    .filter(({ target }) => !decisions.some((other) => Object.prototype.isPrototypeOf.call(target, other.target)))
    .map(({ access, roles }) => ({ access, roles }));
}

function decide(access: FieldAccess): MethodDecorator {
  return (target, key, descriptor) => {
    decisionsTaken += 1;
    const decision: Decision = { ...access, target: target.constructor };
    Extensions({ [`${EXTENSION}${decisionsTaken}`]: decision })(target, key, descriptor);
  };
}

function decorateWith(...decorators: readonly MethodDecorator[]): MethodDecorator & PropertyDecorator {
  return (target: object, key: string | symbol, descriptor?: PropertyDescriptor) => {
    for (const decorate of decorators) decorate(target, key, descriptor as PropertyDescriptor);
  };
}
