import { DirectiveLocation, GraphQLDirective, GraphQLList, GraphQLNonNull, GraphQLString } from 'graphql';
import { Authorized as TypeGraphQLAuthorized, Directive, Extensions } from 'type-graphql';

/** The decision about a field, where the check of the finished schema finds it. */
export interface FieldAccess {
  readonly access: 'public' | 'authorized';
  /** Any one of these will do; null where no role is asked for. */
  readonly roles: readonly string[] | null;
}

const EXTENSION = 'access';

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
    Extensions({ [EXTENSION]: { access: 'authorized', roles: list } satisfies FieldAccess }),
  );
}

/** Says that a root field is meant to be open to everybody. One that says nothing fails the build of the schema. */
export function Public(): MethodDecorator & PropertyDecorator {
  return decorateWith(Extensions({ [EXTENSION]: { access: 'public', roles: null } satisfies FieldAccess }));
}

/** Reads the decision back from a field of the finished schema. */
export function accessOf(field: { readonly extensions: Readonly<Record<string, unknown>> }): FieldAccess | null {
  return (field.extensions[EXTENSION] as FieldAccess | undefined) ?? null;
}

function decorateWith(...decorators: readonly MethodDecorator[]): MethodDecorator & PropertyDecorator {
  return (target: object, key: string | symbol, descriptor?: PropertyDescriptor) => {
    for (const decorate of decorators) decorate(target, key, descriptor as PropertyDescriptor);
  };
}
