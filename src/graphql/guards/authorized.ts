import { DirectiveLocation, GraphQLDirective, GraphQLList, GraphQLNonNull, GraphQLString } from 'graphql';
import type { Role } from '../../auth-types.ts';
import { Authorized as TypeGraphQLAuthorized, Directive, Extensions } from 'type-graphql';

/** Who may use a field. The check of the finished schema reads it from the field's extensions. */
export interface FieldAccess {
  readonly access: 'public' | 'authorized';
  /** One of these is enough; null if no role is required. */
  readonly roles: readonly string[] | null;
}

interface Decision extends FieldAccess {
  /** The class that declares the field. */
  readonly target: Function;
}

const EXTENSION = 'graphql-simplejwt/access/';
let decisionsTaken = 0;

/** The guard in the SDL. Introspection does not show it. */
export const authorizedDirective = new GraphQLDirective({
  name: 'authorized',
  description: 'Requires a live access token and, if roles are listed, at least one of them.',
  locations: [DirectiveLocation.FIELD_DEFINITION],
  args: {
    roles: { type: new GraphQLList(new GraphQLNonNull(GraphQLString)), description: 'One of these is enough.' },
  },
});

/** What opens a root field in the SDL of a schema that `guardSchema` guards. */
export const publicDirective = new GraphQLDirective({
  name: 'public',
  description: 'Open to everyone. Every root field is either `@public` or `@authorized`.',
  locations: [DirectiveLocation.FIELD_DEFINITION],
});

/**
 * Guards a field. Without a live access token the field answers UNAUTHENTICATED. If the user has none of the roles, it
 * answers FORBIDDEN. The SDL shows the guard as `@authorized`.
 *
 * @param roles One role, or a list of which one is enough. Building the schema fails if the list is empty.
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
export function Authorized(roles?: Role | readonly Role[]): MethodDecorator & PropertyDecorator {
  const list = typeof roles === 'string' ? [roles] : (roles ?? null);
  const argument = list === null ? '' : `(roles: ${JSON.stringify(list)})`;
  return decorateWith(
    TypeGraphQLAuthorized(list ?? []),
    Directive(`@authorized${argument}`),
    decide({ access: 'authorized', roles: list }),
  );
}

/**
 * Opens a root field to everyone. Building the schema fails if a root field is neither `@Public` nor `@Authorized`.
 *
 * @example
 * ```ts
 * import { Public } from 'graphql-simplejwt';
 * import { Query, Resolver } from 'type-graphql';
 *
 * @Resolver()
 * class StatusResolver {
 *   @Public()
 *   @Query(() => String)
 *   status(): string {
 *     return 'up';
 *   }
 * }
 * ```
 */
export function Public(): MethodDecorator & PropertyDecorator {
  return decorateWith(decide({ access: 'public', roles: null }));
}

/**
 * Reads the decisions from a field of the finished schema. type-graphql inherits extensions, and if two have one name it
 * may keep either. So each decision has a name of its own, and a decision of a subclass replaces that of its base class.
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
