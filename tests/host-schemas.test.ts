import { graphql, GraphQLScalarType, printSchema } from 'graphql';
import { MaxLength } from 'class-validator';
import { Arg, Field, InputType, ObjectType, Query, Resolver } from 'type-graphql';
import {
  type AuthContext,
  Authorized,
  buildGuardedSchema,
  DateTimeScalar,
  PageInfoType,
  Public,
  SessionType,
  UserType,
} from '../src/index.ts';
import { EMAIL, PASSWORD } from './support/graphql-client.ts';
import type { TestAuth } from './support/start-test-auth.ts';
import { useServers } from './support/use-servers.ts';

const start = useServers();

type Options = Parameters<typeof buildGuardedSchema>[0];

/** Builds a host's schema, and runs a document with variables in it. */
async function host({ auth }: TestAuth, options: Partial<Options> & { resolvers?: Function[] }) {
  const resolvers = [...auth.resolvers, ...(options.resolvers ?? [])] as unknown as Options['resolvers'];
  const schema = await buildGuardedSchema({ ...options, resolvers });
  const run = async (source: string, variableValues: Record<string, unknown> = {}, accessToken = '') => {
    const headers = accessToken === '' ? {} : { authorization: `Bearer ${accessToken}` };
    const contextValue: AuthContext = auth.context({ headers });
    return graphql({ schema, source, variableValues, contextValue });
  };
  return { schema, run };
}

const REGISTER = 'mutation ($input: RegisterInput!) { register(input: $input) { accessToken user { id } } }';
const CREDENTIALS = { email: EMAIL, password: PASSWORD };

describe('a container that knows the classes of the host only, as TypeDI does', () => {
  @Resolver()
  class ClockResolver {
    readonly #time: string;
    constructor(time = 'no container') {
      this.#time = time;
    }
    @Public()
    @Query(() => String)
    time(): string {
      return this.#time;
    }
  }
  const container = {
    get(someClass: unknown): unknown {
      if (someClass === ClockResolver) return new ClockResolver('from the container');
      throw new Error('ServiceNotFoundError');
    },
  };

  test.each([
    ['itself', container],
    ['a function that returns it', () => container],
  ])('is asked for the resolvers of the host: %s', async (_form, given) => {
    const server = await start();
    const { run } = await host(server, { resolvers: [ClockResolver], container: given });
    const { data, errors } = await run(REGISTER, { input: CREDENTIALS });
    expect(errors).toBeUndefined();
    const { accessToken } = (data as { register: { accessToken: string } }).register;
    expect((await run('{ time me { email } sessions { id } }', {}, accessToken)).data).toMatchObject({
      time: 'from the container',
      me: { email: EMAIL },
    });
  });
});

describe('class-validator', () => {
  @InputType()
  class NoteInput {
    @MaxLength(5)
    @Field(() => String)
    text!: string;
  }
  @Resolver()
  class NoteResolver {
    @Public()
    @Query(() => String, { nullable: true })
    echo(@Arg('input', () => NoteInput) { text }: NoteInput): string {
      return text;
    }
  }

  test.each([[true], [{ forbidUnknownValues: true }], [{ whitelist: true, forbidNonWhitelisted: true }]])(
    'with the settings %j does not apply to our inputs',
    async (validate) => {
      const server = await start();
      const { run } = await host(server, { resolvers: [NoteResolver], validate });
      expect((await run(REGISTER, { input: CREDENTIALS })).errors).toBeUndefined();
      const login = 'mutation ($input: LoginInput!) { login(input: $input) { accessToken } }';
      expect((await run(login, { input: CREDENTIALS })).errors).toBeUndefined();
    },
  );

  test('applies to the inputs of the host, and repeats nothing that was sent', async () => {
    const { run } = await host(await start(), { resolvers: [NoteResolver], validate: true });
    const answer = await run('query ($input: NoteInput!) { echo(input: $input) }', {
      input: { text: 'a secret text' },
    });
    expect(answer.data).toEqual({ echo: null });
    expect(answer.errors).toHaveLength(1);
    expect(JSON.stringify(answer.errors?.map(({ message, extensions }) => ({ message, extensions })))).not.toContain(
      'secret',
    );
    expect(JSON.stringify(answer.errors)).toContain('MaxLength'.charAt(0).toLowerCase() + 'MaxLength'.slice(1));
  });
});

describe('a name that the host and the library both use', () => {
  @ObjectType('PageInfo')
  class HostPageInfo {
    @Field(() => Boolean)
    hasNextPage!: boolean;
  }
  @Resolver()
  class HostPageInfoResolver {
    @Public()
    @Query(() => HostPageInfo)
    page(): HostPageInfo {
      return { hasNextPage: false };
    }
  }
  const HostDateTime = new GraphQLScalarType({ name: 'DateTime' });
  @Resolver()
  class HostDateTimeResolver {
    @Public()
    @Query(() => HostDateTime)
    now(): Date {
      return new Date();
    }
  }
  @Resolver()
  class HostMeResolver {
    @Authorized()
    @Query(() => String, { name: 'me' })
    whoAmI(): string {
      return 'me';
    }
  }
  @Resolver()
  class SharingResolver {
    @Public()
    @Query(() => PageInfoType)
    page(): PageInfoType {
      return { hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null };
    }
    @Public()
    @Query(() => DateTimeScalar)
    now(): Date {
      return new Date(0);
    }
    @Public()
    @Query(() => [UserType])
    authors(): UserType[] {
      return [];
    }
    @Public()
    @Query(() => [SessionType])
    places(): SessionType[] {
      return [];
    }
  }

  test.each([
    ['PageInfo', HostPageInfoResolver],
    ['DateTime', HostDateTimeResolver],
  ])('as a type, %s, is named with what to do', async (name, resolver) => {
    const building = host(await start(), { resolvers: [resolver] });
    await expect(building).rejects.toThrow(`two types named ${name}`);
    await expect(building).rejects.toThrow('give yours another name');
  });

  test('as a root field is named with both resolvers', async () => {
    await expect(host(await start(), { resolvers: [HostMeResolver] })).rejects.toThrow(
      /Query\.me is defined by AccountResolver\.\w+ and by HostMeResolver\.whoAmI/,
    );
  });

  test('as a type can be shared', async () => {
    const { schema, run } = await host(await start(), { resolvers: [SharingResolver] });
    const answer = await run('{ page { hasNextPage } now authors { id } places { id } }');
    expect(answer.errors).toBeUndefined();
    expect(printSchema(schema).match(/^type PageInfo /gm)).toHaveLength(1);
  });
});
