import * as fc from 'fast-check';
import type { MikroORM } from '@mikro-orm/core';
import { type DocumentNode, execute, type ExecutionResult, type GraphQLSchema, parse } from 'graphql';
import type { Auth, AuthOptions } from '../../src/index.ts';
import { hookStatements } from './driver-faults.ts';
import { HOUR, ManualClock, SECOND } from './manual-clock.ts';
import { type ModelOutcome, type ModelSession, type ModelSettings, sessionRules } from './session-model.ts';

/** What the histories are played against. */
export interface HistoryLibrary {
  createAuth(options: AuthOptions): Promise<Auth>;
  buildGuardedSchema(options: { readonly resolvers: Auth['resolvers'] }): Promise<GraphQLSchema>;
  generateKeys(): AuthOptions['keys'];
  isAuthError(error: unknown): error is Error & { readonly code: string; readonly reason?: string };
  /** Opens an empty database with its tables made. */
  openDatabase(): Promise<MikroORM>;
  /** Makes a user, and returns the id. By default it is a user of ours. */
  addUser?(): Promise<string>;
}

export interface HistoryOptions {
  readonly runs: number;
  readonly blacklistAfterRotation: boolean;
  readonly seed?: number;
}

/** Where a server is killed: what was not committed is undone, what was is kept, and no answer is sent. */
type Fate = 'ANSWERED' | 'LOST' | 'KILLED_BEFORE_UPDATE' | 'KILLED_BEFORE_COMMIT' | 'KILLED_AFTER_COMMIT';

type Step =
  | { readonly does: 'HONEST_REFRESH'; readonly session: number; readonly fate: Fate }
  | {
      readonly does: 'THIEF_REFRESH';
      readonly session: number;
      readonly token: number;
      readonly key: 'NONE' | 'STOLEN' | 'OWN';
      readonly fate: Fate;
    }
  | { readonly does: 'THIEF_VERIFY'; readonly session: number; readonly token: number }
  | { readonly does: 'THIEF_LOGOUT'; readonly session: number; readonly token: number }
  | { readonly does: 'HONEST_LOGOUT'; readonly session: number }
  | { readonly does: 'WAIT'; readonly by: number }
  | { readonly does: 'STEP_CLOCK'; readonly by: number };

const MODEL: ModelSettings = {
  refreshTokenLifetime: 3 * HOUR,
  sessionLifetime: 10 * HOUR,
  leeway: 5 * SECOND,
  reuseLeeway: 10 * SECOND,
};
const SETTINGS = {
  issuer: 'https://auth.test',
  accessTokenLifetime: '15m',
  refreshTokenLifetime: '3h',
  sessionLifetime: '10h',
  leeway: '5s',
  reuseLeeway: '10s',
  blacklistPoll: '300s',
  blacklistStaleness: '600s',
  maxSessions: 10_000,
  bcryptCost: 4,
} as const;
const rules = sessionRules(MODEL);

const REFRESH = parse(`mutation ($refreshToken: String, $idempotencyKey: String) {
  refreshToken(input: { refreshToken: $refreshToken, idempotencyKey: $idempotencyKey }) { refreshToken }
}`);
const LOGOUT = parse(
  'mutation ($refreshToken: String) { logout(input: { refreshToken: $refreshToken }) { endedSessions } }',
);

interface RefreshData {
  readonly refreshToken: { readonly refreshToken: string };
}

/** Some databases, one after the other, or an endless run would end in a full memory. */
const RUNS_PER_DATABASE = 100;

/**
 * Runs random histories of two honest clients, each with a session, and of a thief who has any token and perhaps its key.
 * Compares each answer with the rules. Throws with the shortest history that breaks one.
 */
export async function checkHistories(library: HistoryLibrary, options: HistoryOptions): Promise<void> {
  let stage: Stage | undefined;
  let runsLeft = 0;
  const play = fc.asyncProperty(fc.array(arbitraryStep, { minLength: 1, maxLength: 24 }), async (steps) => {
    if (runsLeft === 0) {
      await stage?.close();
      stage = await Stage.open(library, options.blacklistAfterRotation);
      runsLeft = RUNS_PER_DATABASE;
    }
    runsLeft -= 1;
    await new History(stage as Stage).play(steps);
  });
  try {
    const seed = options.seed === undefined ? {} : { seed: options.seed };
    await fc.assert(play, { numRuns: options.runs, ...seed });
  } finally {
    await stage?.close();
  }
}

const anySession = fc.nat({ max: 1 });
const anyToken = fc.nat({ max: 30 });
const anyFate = fc.oneof(
  { arbitrary: fc.constant<Fate>('ANSWERED'), weight: 6 },
  { arbitrary: fc.constant<Fate>('LOST'), weight: 2 },
  {
    arbitrary: fc.constantFrom<Fate>('KILLED_BEFORE_UPDATE', 'KILLED_BEFORE_COMMIT', 'KILLED_AFTER_COMMIT'),
    weight: 1,
  },
);
const span = fc.constantFrom(0, 1, SECOND, 9 * SECOND, 10 * SECOND, 10_001, 30 * SECOND, HOUR, 3 * HOUR);
const arbitraryStep: fc.Arbitrary<Step> = fc.oneof(
  {
    arbitrary: fc.record({ does: fc.constant('HONEST_REFRESH' as const), session: anySession, fate: anyFate }),
    weight: 10,
  },
  {
    arbitrary: fc.record({
      does: fc.constant('THIEF_REFRESH' as const),
      session: anySession,
      token: anyToken,
      key: fc.constantFrom('NONE' as const, 'STOLEN' as const, 'OWN' as const),
      fate: anyFate,
    }),
    weight: 4,
  },
  { arbitrary: fc.record({ does: fc.constant('WAIT' as const), by: span }), weight: 5 },
  {
    arbitrary: fc.record({ does: fc.constant('THIEF_VERIFY' as const), session: anySession, token: anyToken }),
    weight: 1,
  },
  {
    arbitrary: fc.record({ does: fc.constant('THIEF_LOGOUT' as const), session: anySession, token: anyToken }),
    weight: 1,
  },
  { arbitrary: fc.record({ does: fc.constant('HONEST_LOGOUT' as const), session: anySession }), weight: 1 },
  { arbitrary: fc.record({ does: fc.constant('STEP_CLOCK' as const), by: fc.constantFrom(-HOUR, HOUR) }), weight: 2 },
);

const FAULTS: Partial<Record<Fate, { when: 'before' | 'after'; statement: RegExp }>> = {
  KILLED_BEFORE_UPDATE: { when: 'before', statement: /^update .simplejwt_session/ },
  KILLED_BEFORE_COMMIT: { when: 'before', statement: /^commit$/ },
  KILLED_AFTER_COMMIT: { when: 'after', statement: /^commit$/ },
};

/** A server and its database, on which many histories are played. */
class Stage {
  readonly clock = new ManualClock();
  readonly userId: string;
  readonly #library: HistoryLibrary;
  readonly #options: AuthOptions;
  readonly #schema: GraphQLSchema;
  #auth: Auth;
  #fault: (typeof FAULTS)[Fate];
  #wasKilled = false;

  private constructor(
    library: HistoryLibrary,
    options: AuthOptions,
    auth: Auth,
    schema: GraphQLSchema,
    clock: ManualClock,
    userId: string,
  ) {
    this.#library = library;
    this.#options = options;
    this.#auth = auth;
    this.#schema = schema;
    this.clock = clock;
    this.userId = userId;
  }

  static async open(library: HistoryLibrary, blacklistAfterRotation: boolean): Promise<Stage> {
    const orm = await library.openDatabase();
    const clock = new ManualClock();
    const options = { ...SETTINGS, blacklistAfterRotation, orm, keys: library.generateKeys(), clock };
    const auth = await library.createAuth(options);
    const id =
      (await library.addUser?.()) ?? (await auth.createUser({ email: 'a@example.com', password: 'long enough' })).id;
    const schema = await library.buildGuardedSchema({ resolvers: auth.resolvers });
    const stage = new Stage(library, options, auth, schema, clock, id);
    await hookStatements(orm, {
      before: (sql) => stage.#strike('before', sql),
      after: (sql) => stage.#strike('after', sql),
    });
    return stage;
  }

  async close(): Promise<void> {
    await this.#auth.close();
    await this.#options.orm.close();
  }

  async openSession(): Promise<string> {
    const pair = await this.#auth.openSession({ userId: this.userId });
    if (pair === null) throw new Error('The user is gone.');
    return pair.refreshToken;
  }

  /** What a client is answered: the token, or the reason. `KILLED` if the server did not live to answer. */
  async refresh(refreshToken: string, idempotencyKey: string | null, fate: Fate): Promise<string> {
    this.#fault = FAULTS[fate];
    const { data, errors } = await this.#run(REFRESH, { refreshToken, idempotencyKey });
    this.#fault = undefined;
    if (this.#wasKilled) {
      await this.#restart();
      return 'KILLED';
    }
    const error = errors?.[0]?.originalError;
    if (error === undefined) return (data as unknown as RefreshData).refreshToken.refreshToken;
    if (!this.#library.isAuthError(error)) throw error;
    return error.reason ?? error.code;
  }

  async verify(refreshToken: string): Promise<string> {
    const { isValid, reason } = await this.#auth.verifyToken(refreshToken);
    return isValid ? refreshToken : String(reason);
  }

  async logout(refreshToken: string): Promise<void> {
    const { errors } = await this.#run(LOGOUT, { refreshToken });
    if (errors !== undefined) throw errors[0] as Error;
  }

  /** Runs an operation in this process: many histories take long enough without HTTP. */
  async #run(document: DocumentNode, variableValues: Record<string, unknown>): Promise<ExecutionResult> {
    return execute({
      schema: this.#schema,
      document,
      variableValues,
      contextValue: this.#auth.context({ headers: {} }),
    });
  }

  #strike(when: 'before' | 'after', sql: string): void {
    if (this.#fault?.when !== when || !this.#fault.statement.test(sql)) return;
    this.#fault = undefined;
    this.#wasKilled = true;
    throw new Error('killed');
  }

  async #restart(): Promise<void> {
    this.#wasKilled = false;
    await this.#auth.close();
    this.#auth = await this.#library.createAuth(this.#options);
  }
}

/** A session, what the rules say of it, and what its honest client and the thief hold. */
interface Scene {
  model: ModelSession;
  /** By its number, every token that somebody has seen. */
  readonly tokens: (string | undefined)[];
  /** By the number of a token, the key its honest client sends with it. */
  readonly keys: string[];
  honestToken: number;
  isStolen: boolean;
  isLoggedOut: boolean;
  wasReused: boolean;
}

class History {
  readonly #stage: Stage;
  readonly #scenes: Scene[] = [];

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  async play(steps: readonly Step[]): Promise<void> {
    for (let count = 0; count < 2; count += 1) {
      const tokens = [await this.#stage.openSession()];
      const model = rules.open(this.#now);
      const fresh = { honestToken: 0, isStolen: false, isLoggedOut: false, wasReused: false };
      this.#scenes.push({ model, tokens, keys: [], ...fresh });
    }
    for (const step of steps) await this.#take(step);
    for (const scene of this.#scenes) await this.#expectOneUsable(scene);
  }

  get #now(): number {
    return this.#stage.clock.now();
  }

  async #take(step: Step): Promise<void> {
    if (step.does === 'WAIT') return this.#stage.clock.advance(step.by);
    if (step.does === 'STEP_CLOCK') return this.#stage.clock.step(step.by);
    const scene = this.#scenes[step.session] as Scene;
    if (step.does === 'HONEST_REFRESH') return this.#refreshHonestly(scene, step.fate);
    if (step.does === 'HONEST_LOGOUT') return this.#logout(scene, scene.honestToken);
    scene.isStolen = true;
    const known = [...scene.tokens.keys()].filter((number) => scene.tokens[number] !== undefined);
    const token = known[step.token % known.length] as number;
    if (step.does === 'THIEF_LOGOUT') return this.#logout(scene, token);
    if (step.does === 'THIEF_VERIFY') return this.#verify(scene, token);
    const key = { NONE: null, STOLEN: keyOf(scene, token), OWN: 'the-key-of-the-thief-000000' }[step.key];
    await this.#refresh(scene, token, key, step.fate);
  }

  /** An honest client sends the same key until it is answered. */
  async #refreshHonestly(scene: Scene, fate: Fate): Promise<void> {
    const answer = await this.#refresh(scene, scene.honestToken, keyOf(scene, scene.honestToken), fate);
    if (typeof answer === 'number') {
      scene.honestToken = answer;
      return;
    }
    const isItsOwnDoing = scene.isStolen || scene.isLoggedOut || answer === null || answer === 'TOKEN_EXPIRED';
    if (!isItsOwnDoing)
      throw new Error(`An honest client was refused with ${answer}, and nobody had stolen its token.`);
  }

  /** @returns what the client is answered, or null if it is answered nothing. */
  async #refresh(scene: Scene, token: number, key: string | null, fate: Fate): Promise<ModelOutcome | null> {
    const isSuperseded = token < scene.model.current && !(token === scene.model.current - 1 && key === scene.model.key);
    const isLate = this.#now - scene.model.rotatedAt > MODEL.reuseLeeway;
    const [next, outcome] = rules.refresh(scene.model, token, key, this.#now);
    const isWritten = next !== scene.model;
    const answer = await this.#stage.refresh(scene.tokens[token] as string, key, fate);
    const isKilled = answer === 'KILLED' || (isWritten && fate.startsWith('KILLED'));
    if (isKilled) {
      expectSame(answer, 'KILLED');
      if (fate !== 'KILLED_AFTER_COMMIT') return null;
    } else {
      expectSame(answer, nameOf(scene, outcome, answer));
      // An expired token is useless, so presenting it is no sign of theft.
      scene.wasReused ||= isSuperseded && isLate && outcome !== 'TOKEN_EXPIRED';
      if (scene.wasReused && typeof outcome === 'number') throw new Error('A session lives after a sign of theft.');
    }
    scene.model = next;
    if (isKilled || fate === 'LOST') {
      await this.#learnLostToken(scene);
      return null;
    }
    return outcome;
  }

  /** The thief may have what was on its way to the client. It is known from asking again, as the client will. */
  async #learnLostToken(scene: Scene): Promise<void> {
    const { current, key } = scene.model;
    if (scene.tokens[current] !== undefined || key === null) return;
    const answer = await this.#stage.refresh(scene.tokens[current - 1] as string, key, 'ANSWERED');
    if (!scene.model.isEnded) nameOf(scene, current, answer);
  }

  async #verify(scene: Scene, token: number): Promise<void> {
    const [next, outcome] = rules.show(scene.model, token, this.#now);
    const answer = await this.#stage.verify(scene.tokens[token] as string);
    expectSame(answer, nameOf(scene, outcome, answer));
    scene.model = next;
  }

  async #logout(scene: Scene, token: number): Promise<void> {
    scene.isLoggedOut = true;
    await this.#stage.logout(scene.tokens[token] as string);
    scene.model = rules.logout(scene.model);
  }

  async #expectOneUsable(scene: Scene): Promise<void> {
    let usable = 0;
    for (const token of scene.tokens.toReversed()) {
      if (token !== undefined && (await this.#stage.verify(token)) === token) usable += 1;
    }
    if (usable > 1) throw new Error(`${usable} refresh tokens of one session are usable.`);
  }
}

function keyOf(scene: Scene, token: number): string {
  return (scene.keys[token] ??= `the-honest-key-of-token-${String(token).padStart(4, '0')}`);
}

/** The token of a number, which is learnt when it is first handed out; it must not be one that was there before. */
function nameOf(scene: Scene, outcome: ModelOutcome, answer: string): string {
  if (typeof outcome === 'string') return outcome;
  const isNew = scene.tokens[outcome] === undefined && answer.includes('.') && !scene.tokens.includes(answer);
  if (isNew) scene.tokens[outcome] = answer;
  return scene.tokens[outcome] ?? 'a new token';
}

function expectSame(actual: string, expected: string): void {
  if (actual !== expected) throw new Error(`The answer was ${actual}, and the rules say ${expected}.`);
}
