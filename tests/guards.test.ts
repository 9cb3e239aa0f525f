import { printSchemaWithDirectives } from '@graphql-tools/utils';
import type { GraphQLSchema } from 'graphql';
import {
  Authorized as TypeGraphQLAuthorized,
  Field,
  FieldResolver,
  InterfaceType,
  Mutation,
  ObjectType,
  Query,
  Resolver,
  Subscription,
} from 'type-graphql';
import { Authorized, authResolvers, buildGuardedSchema, Public } from '../src/index.ts';
import { User } from './support/entities.ts';
import { EMAIL } from './support/graphql-client.ts';
import { HostResolver } from './support/host-resolver.ts';
import { useServers } from './support/use-servers.ts';

const start = useServers();

/** The faults that stop a schema from being built. */
async function faultsOf(...resolvers: readonly Function[]): Promise<readonly string[]> {
  try {
    await build(...resolvers);
    return [];
  } catch (error) {
    if (error instanceof TypeError) return error.message.split('\n').slice(1);
    throw error;
  }
}

async function build(...resolvers: readonly Function[]): Promise<GraphQLSchema> {
  const pubSub = { publish: () => undefined, subscribe: () => [] as unknown as AsyncIterable<unknown> };
  return buildGuardedSchema({ resolvers: [HostResolver, ...resolvers], pubSub });
}

@Resolver()
class Undecided {
  @Query(() => String)
  forgotten(): string {
    return 'seen by everybody';
  }

  @Mutation(() => String)
  alsoForgotten(): string {
    return 'done by everybody';
  }

  @Subscription(() => String, { topics: 'news' })
  forgottenToo(): string {
    return 'told to everybody';
  }

  @TypeGraphQLAuthorized()
  @Query(() => String)
  guardedByAnother(): string {
    return 'with a guard that the SDL does not show';
  }
}

@Resolver()
class ForNobody {
  @Authorized([])
  @Query(() => String)
  forNobody(): string {
    return 'for whom?';
  }
}

@Resolver()
class Twice {
  @Authorized('ADMIN')
  @Authorized()
  @Query(() => String)
  twice(): string {
    return 'for whom?';
  }

  @Public()
  @Authorized()
  @Query(() => String)
  openAndGuarded(): string {
    return 'for whom?';
  }
}

@InterfaceType()
abstract class Document {
  @Field(() => String)
  title!: string;

  @Authorized('ADMIN')
  @Field(() => String, { nullable: true })
  secret!: string;
}

@ObjectType({ implements: Document })
class Heir extends Document {}

@ObjectType({ implements: Document })
class Keeper extends Document {
  @Authorized('ADMIN')
  @Field(() => String, { nullable: true })
  override secret!: string;
}

@Resolver()
class Heirs {
  @Public()
  @Query(() => Document)
  inherited(): Document {
    return Object.assign(new Heir(), { title: 'inherited', secret: 'for administrators' });
  }

  @Public()
  @Query(() => Keeper)
  kept(): Keeper {
    return Object.assign(new Keeper(), { title: 'kept', secret: 'for administrators' });
  }

  @Public()
  @Query(() => Heir)
  heir(): Heir {
    return Object.assign(new Heir(), { title: 'heir', secret: 'for administrators' });
  }
}

@InterfaceType()
abstract class Ledger {
  @Authorized('ADMIN')
  @Field(() => String, { nullable: true })
  secret!: string;
}

@ObjectType({ implements: Ledger })
class Dropper extends Ledger {
  @Field(() => String, { nullable: true })
  override secret!: string;
}

@ObjectType({ implements: Ledger })
class Opener extends Ledger {
  @Public()
  @Field(() => String, { nullable: true })
  override secret!: string;
}

@ObjectType({ implements: Ledger })
class Weakener extends Ledger {
  @Authorized()
  @Field(() => String, { nullable: true })
  override secret!: string;
}

@ObjectType()
class Parent {
  @Authorized('ADMIN')
  @Field(() => String, { nullable: true })
  secret!: string;
}

@ObjectType()
class Child extends Parent {
  @Field(() => String, { nullable: true })
  override secret!: string;
}

@ObjectType()
class StricterChild extends Parent {
  @Authorized('OWNER')
  @Field(() => String, { nullable: true })
  override secret!: string;
}

@Resolver()
class Stricter {
  @Public()
  @Query(() => StricterChild)
  stricter(): StricterChild {
    return new StricterChild();
  }
}

@Resolver()
class Droppers {
  @Public()
  @Query(() => Dropper, { nullable: true })
  dropped(): null {
    return null;
  }

  @Public()
  @Query(() => Child, { nullable: true })
  droppedByChild(): null {
    return null;
  }

  @Public()
  @Query(() => Opener, { nullable: true })
  opened(): null {
    return null;
  }

  @Public()
  @Query(() => Weakener, { nullable: true })
  weakened(): null {
    return null;
  }
}

@ObjectType()
class Simple {
  @Authorized()
  @Field(() => String, { simple: true })
  secret!: string;
}

@ObjectType({ simpleResolvers: true })
class AllSimple {
  @Authorized('ADMIN')
  @Field(() => String)
  secret!: string;

  @Field(() => String)
  title!: string;
}

@Resolver()
class Simplifiers {
  @Public()
  @Query(() => Simple, { nullable: true })
  simple(): null {
    return null;
  }

  @Public()
  @Query(() => AllSimple, { nullable: true })
  allSimple(): null {
    return null;
  }
}

@ObjectType()
class Account {
  @Field(() => String)
  name!: string;

  @Authorized('ADMIN')
  @Field(() => String, { nullable: true })
  balance!: string;
}

@Resolver(() => Account)
class AccountFields {
  @Public()
  @Query(() => Account)
  account(): Account {
    return Object.assign(new Account(), { name: 'savings' });
  }

  // The guard is on the field of the type, and holds here as well.
  @FieldResolver(() => String, { nullable: true })
  balance(): string {
    return '100';
  }

  @Authorized('ADMIN')
  @FieldResolver(() => String, { nullable: true })
  history(): string {
    return '+100';
  }
}

@ObjectType()
class Hidden {
  @Field(() => String, { nullable: true })
  shownOpen!: string;

  @Authorized('ADMIN')
  @Field(() => String, { nullable: true })
  shownStricter!: string;
}

@Resolver(() => Hidden)
class HiddenFields {
  @Public()
  @Query(() => Hidden)
  hidden(): Hidden {
    return new Hidden();
  }

  @Authorized()
  @FieldResolver(() => String, { nullable: true })
  shownOpen(): string {
    return 'for users';
  }

  @Authorized()
  @FieldResolver(() => String, { nullable: true })
  shownStricter(): string {
    return 'for users';
  }
}

@ObjectType()
class Undermined {
  @Authorized('ADMIN')
  @Field(() => String, { nullable: true })
  secret!: string;

  @Field(() => String, { nullable: true })
  title!: string;
}

@Resolver()
class UnderminedQueries {
  @Public()
  @Query(() => Undermined)
  undermined(): Undermined {
    return new Undermined();
  }
}

/** A resolver of another schema. type-graphql lets it weaken the guard in every schema. */
@Resolver(() => Undermined)
class OfAnotherSchema {
  @Authorized()
  @FieldResolver(() => String, { nullable: true })
  secret(): string {
    return 'for users';
  }
}

describe('buildGuardedSchema refuses', () => {
  test('each root field that is neither @Authorized nor @Public, by name', async () => {
    expect(await faultsOf(Undecided)).toEqual([
      'Query.forgotten is neither @Authorized nor @Public',
      'Query.guardedByAnother is neither @Authorized nor @Public',
      'Mutation.alsoForgotten is neither @Authorized nor @Public',
      'Subscription.forgottenToo is neither @Authorized nor @Public',
    ]);
  });

  test('a guard for an empty list of roles', async () => {
    expect(await faultsOf(ForNobody)).toEqual(['Query.forNobody is @Authorized for an empty list of roles']);
  });

  test('a guard that an override drops, opens or weakens', async () => {
    expect((await faultsOf(Droppers)).toSorted()).toEqual([
      expect.stringMatching(/^Child\.secret is not guarded as /),
      'Dropper.secret drops the @Authorized of Ledger.secret',
      'Opener.secret drops the @Authorized of Ledger.secret',
      'Weakener.secret drops the @Authorized of Ledger.secret',
    ]);
  });

  test('a guard that a simple resolver drops', async () => {
    expect((await faultsOf(Simplifiers)).toSorted()).toEqual([
      'AllSimple.secret has a simple resolver, which drops its @Authorized',
      'Simple.secret has a simple resolver, which drops its @Authorized',
    ]);
  });

  test('a field that has two decisions', async () => {
    expect((await faultsOf(Twice)).toSorted()).toEqual([
      expect.stringMatching(/^Query\.openAndGuarded is not guarded as /),
      expect.stringMatching(/^Query\.twice is not guarded as /),
    ]);
  });

  test('a guard that the SDL does not show as it is', async () => {
    expect((await faultsOf(HiddenFields)).toSorted()).toEqual([
      expect.stringMatching(/^Hidden\.shownOpen is not guarded as /),
      expect.stringMatching(/^Hidden\.shownStricter is not guarded as /),
    ]);
  });

  test('a guard that a resolver of another schema has changed', async () => {
    const fault = expect.stringMatching(/^Undermined\.secret is not guarded as /);
    expect(await faultsOf(UnderminedQueries)).toEqual([fault]);
    expect(await faultsOf(UnderminedQueries, OfAnotherSchema)).toEqual([fault]);
  });

  test('all faults at once', async () => {
    expect(await faultsOf(Undecided, ForNobody, Droppers, Simplifiers, Twice, HiddenFields)).toHaveLength(15);
  });
});

test('a class may put its own guard on an inherited field, and the guard holds however often a schema is built', async () => {
  for (let count = 0; count < 3; count += 1) {
    const sdl = printSchemaWithDirectives(await build(Stricter));
    expect(sdl).toMatch(/type StricterChild \{\s+secret: String @authorized\(roles: \["OWNER"\]\)\s+\}/);
  }
});

describe('the SDL', () => {
  test('carries @authorized on every guarded field, with its roles', async () => {
    const sdl = printSchemaWithDirectives(await build(Heirs, AccountFields));
    expect(sdl).toMatch(/directive @authorized\([^]*?roles: \[String!\]\n?\) on FIELD_DEFINITION/);
    const guarded = sdl.split('\n').filter((line) => line.includes(': String @authorized'));
    expect(guarded.map((line) => line.trim()).toSorted()).toEqual([
      'balance: String @authorized(roles: ["ADMIN"])',
      'figures: String @authorized(roles: ["ADMIN"])',
      'forAdmins: String @authorized(roles: ["ADMIN"])',
      'forEditors: String @authorized(roles: ["EDITOR", "ADMIN"])',
      'forUsers: String @authorized',
      'history: String @authorized(roles: ["ADMIN"])',
      'secret: String @authorized(roles: ["ADMIN"])',
      'secret: String @authorized(roles: ["ADMIN"])',
      'secret: String @authorized(roles: ["ADMIN"])',
    ]);
  });

  test('of this library leaves only these root fields open', async () => {
    const schema = await buildGuardedSchema({ resolvers: authResolvers() });
    const open = [schema.getQueryType(), schema.getMutationType()]
      .flatMap((root) => Object.values(root?.getFields() ?? {}))
      .filter((field) => !field.astNode?.directives?.some(({ name }) => name.value === 'authorized'));
    expect(open.map(({ name }) => name).toSorted()).toEqual([
      'csrfToken',
      'endSessionWithCode',
      'login',
      'loginWithCode',
      'logout',
      'refreshToken',
      'register',
      'requestEmailVerification',
      'requestLoginCode',
      'requestPasswordReset',
      'resetPassword',
      'revertEmailChange',
      'verifyEmail',
      'verifyToken',
    ]);
  });

  test('shows guards and roles, but introspection does not', async () => {
    const { client } = await start({ resolvers: [HostResolver] });
    const field = 'name description isDeprecated deprecationReason type { name }';
    const { text } = await client.run(`{ __schema { types { name description fields { ${field} } } } }`);
    expect(text).toContain('forAdmins');
    expect(text).not.toMatch(/EDITOR|"ADMIN"/);
  });
});

describe('a guard holds', () => {
  const query = '{ inherited { title secret } kept { secret } heir { secret } account { name balance history } }';

  test('when it is inherited, and when it is on a field resolver', async () => {
    const { client, orm } = await start({ resolvers: [Heirs, AccountFields] });
    const secret = null;
    const refused = {
      inherited: { title: 'inherited', secret },
      kept: { secret },
      heir: { secret },
      account: { name: 'savings', balance: null, history: null },
    };
    const anonymous = await client.run(query);
    expect(anonymous.data).toEqual(refused);
    expect(anonymous.errors.map(({ extensions: { code } }) => code)).toEqual(Array(5).fill('UNAUTHENTICATED'));

    const user = await client.run(query, {}, (await client.register()).accessToken);
    expect(user.data).toEqual(refused);
    expect(user.errors.map(({ extensions: { code } }) => code)).toEqual(Array(5).fill('FORBIDDEN'));

    await orm.em.fork().nativeUpdate(User, { email: EMAIL }, { roles: ['ADMIN'] });
    const admin = await client.run(query, {}, (await client.login()).accessToken);
    expect(admin.errors).toEqual([]);
    expect(admin.data.account).toEqual({ name: 'savings', balance: '100', history: '+100' });
  });
});
