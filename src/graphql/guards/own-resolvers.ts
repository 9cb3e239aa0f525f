import type { BuildSchemaOptions, ContainerType, ResolverData } from 'type-graphql';

type Container = NonNullable<BuildSchemaOptions['container']>;

const instances = new Map<Function, unknown>();

/** Makes instances of our own resolvers, which have no dependencies. */
export function registerOwnResolvers(resolvers: readonly (new () => unknown)[]): void {
  for (const resolver of resolvers) instances.set(resolver, new resolver());
}

/** A host's container that is not asked for our resolvers: containers such as TypeDI refuse classes that they do not know. */
export function withOwnResolvers(container: Container): Container {
  return (resolverData: ResolverData): ContainerType => {
    const hosts = typeof container === 'function' ? container(resolverData) : container;
    return {
      get: (someClass: Function, data: ResolverData): unknown =>
        instances.get(someClass) ?? (hosts.get(someClass, data) as unknown),
    };
  };
}
