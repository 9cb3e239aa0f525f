import { Writable } from 'node:stream';
import { defineEntity, type EntityManager, p } from '@mikro-orm/core';
import bcrypt from 'bcrypt';
import { Field, ID, ObjectType } from 'type-graphql';
import { startHttpServer } from '../../server/src/http/http-server.ts';
import { createLog } from '../../server/src/log.ts';
import { openDatabase } from '../../server/src/database/open-database.ts';
import {
  type AuthOptions,
  buildGuardedSchema,
  createAuth,
  createHostAuthEntities,
  DateTimeScalar,
  generateKeys,
  type HostUser,
  type HostUsers,
} from '../../src/index.ts';
import { freshSqlite } from './databases.ts';
import { GraphQLClient, PASSWORD } from './graphql-client.ts';
import { ManualClock } from './manual-clock.ts';
import { ISSUER, type TestAuth } from './start-test-auth.ts';

/** A table that a host has: integer ids, its own columns. */
const PersonEntity = defineEntity({
  name: 'Person',
  properties: {
    id: p.integer().primary(),
    login: p.string().unique(),
    name: p.string(),
    passwordHash: p.string().nullable(),
    roles: p.json<string[]>(),
    isActive: p.boolean().default(true),
    createdAt: p.datetime(3),
  },
});

/** A row of the host's table. */
export interface PersonRow {
  readonly id: number;
  readonly login: string;
  readonly name: string;
  readonly passwordHash: string | null;
  readonly roles: string[];
  readonly isActive: boolean;
  readonly createdAt: Date;
}

/** The host's `User`. */
@ObjectType('User')
export class PersonType {
  @Field(() => ID)
  id!: number;

  @Field(() => String)
  name!: string;

  // What the clients of the tests ask for.
  @Field(() => String)
  email!: string;

  @Field(() => [String])
  roles!: string[];

  @Field(() => DateTimeScalar)
  createdAt!: Date;

  @Field(() => String, { nullable: true })
  lastLoginAt!: string | null;
}

/** A host that keeps its own users, beside our tables in one database. */
export interface TestHost extends TestAuth {
  readonly people: People;
}

export interface TestHostOptions extends Partial<Omit<AuthOptions, 'orm' | 'clock' | 'claims' | 'users'>> {
  readonly databaseUrl?: string;
  readonly clock?: ManualClock;
  /** What the host does otherwise. */
  readonly users?: (people: People) => Partial<HostUsers<PersonType>>;
  readonly resolvers?: readonly Function[];
}

/** The host's own code for its users, which knows nothing of the library. */
class People {
  readonly #em: () => EntityManager;
  /** Called when a user is read, for tests that change the user at that moment. */
  onRead: ((person: PersonRow | null) => Promise<void>) | null = null;

  constructor(em: () => EntityManager) {
    this.#em = em;
  }

  async add(login: string, given: Partial<PersonRow> = {}): Promise<number> {
    const id = given.id ?? Math.floor(Math.random() * 1e9) + 1;
    await this.#em().insert(PersonEntity, {
      id,
      login,
      name: login.toUpperCase(),
      passwordHash: bcrypt.hashSync(PASSWORD, 4),
      roles: [],
      isActive: true,
      createdAt: new Date(),
      ...given,
    });
    return id;
  }

  async change(id: number, change: Partial<PersonRow>): Promise<void> {
    await this.#em().nativeUpdate(PersonEntity, { id }, change);
  }

  async remove(id: number): Promise<void> {
    await this.#em().nativeDelete(PersonEntity, { id });
  }

  async find(where: { id: number } | { login: string }): Promise<PersonRow | null> {
    const found = (await this.#em().findOne(PersonEntity, where)) as PersonRow | null;
    await this.onRead?.(found);
    return found;
  }
}

export function toHostUser(row: PersonRow | null): HostUser<PersonType> | null {
  if (row === null) return null;
  const { id, name, login, createdAt, roles, isActive, passwordHash } = row;
  return {
    id,
    stamp: createdAt,
    roles,
    isActive,
    passwordHash,
    user: { id, name, email: login, roles, createdAt, lastLoginAt: null },
  };
}

/** Starts a host on a database that has its table and ours. */
export async function startTestHost(options: TestHostOptions = {}): Promise<TestHost> {
  const {
    databaseUrl: givenUrl,
    clock = new ManualClock(),
    keys = generateKeys(),
    users,
    resolvers = [],
    ...settings
  } = options;
  const own = givenUrl === undefined ? freshSqlite() : null;
  const databaseUrl = givenUrl ?? own?.url ?? '';
  const lines: string[] = [];
  const orm = await openDatabase(databaseUrl, [PersonEntity, ...createHostAuthEntities()]);
  await orm.schema.update({ safe: true });
  const people = new People(() => orm.em.fork());
  const auth = await createAuth<PersonType>({
    issuer: ISSUER,
    bcryptCost: 4,
    bcryptParallelism: 64,
    blacklistPoll: '50ms',
    loginBudget: '100000/1m',
    refreshBudget: '100000/1m',
    onFault: (fault) => void lines.push(`${JSON.stringify(fault)}\n`),
    ...settings,
    orm,
    keys,
    clock,
    users: {
      findById: async (id) => toHostUser(await people.find({ id: Number(id) })),
      findByLogin: async (login) => toHostUser(await people.find({ login })),
      ...users?.(people),
    },
  });
  const schema = await buildGuardedSchema({ resolvers: [...auth.resolvers, ...resolvers], userType: PersonType });
  const server = await startHttpServer({
    auth,
    schema,
    host: '127.0.0.1',
    port: 0,
    isProduction: false,
    isExplorerOn: false,
    trustedProxies: [],
    log: createLog(
      new Writable({
        write(chunk, _encoding, done) {
          lines.push(String(chunk));
          done();
        },
      }),
    ),
  });
  return {
    url: server.url,
    auth: auth as never,
    orm,
    clock,
    keys,
    databaseUrl,
    client: new GraphQLClient(server.url),
    people,
    log: () => lines.join(''),
    async stop() {
      await server.close();
      await auth.close();
      await orm.close();
      await own?.remove();
    },
  };
}
