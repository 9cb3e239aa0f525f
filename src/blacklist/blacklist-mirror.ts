import type { Clock } from '../clock.ts';
import type { Database, EntityManager } from '../database.ts';
import { ServiceUnavailableError } from '../errors.ts';
import { type EndedSession, findEndedSessions, findSessionsEndedSince } from './blacklist-store.ts';

/** Milliseconds. */
export interface MirrorSettings {
  readonly leeway: number;
  readonly blacklistPoll: number;
  readonly blacklistStaleness: number;
  readonly accessTokenLifetime: number;
}

/** A user whose access tokens with a lower `ver` are out of date. */
export interface RaisedVersion {
  readonly id: string;
  readonly tokenVersion: number;
}

/** Where the mirror learns of raised versions: accounts are not its business. */
export type FindVersionsRaisedSince = (em: EntityManager, since: number) => Promise<RaisedVersion[]>;

/**
 * A poll looks back this far behind the one before, and the leeway by which clocks may disagree: a row becomes visible
 * when its transaction commits, and not in the order in which the rows were made.
 */
const LOOK_BACK = 60_000;

/**
 * So much longer than any access token lives are ended sessions and raised versions kept, by the clock that nobody sets:
 * in case the other is stepped back meanwhile, and tokens that had expired are live again.
 */
const ENDED_MARGIN = 3_600_000;
const RAISED_MARGIN = 86_400_000;

/**
 * The sessions ended and the token versions raised of the last access-token lifetime, in memory, so that authenticating a
 * request takes no query. This process's own ends are in it at once, those of others within the poll.
 */
export class BlacklistMirror {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #settings: MirrorSettings;
  readonly #findVersionsRaisedSince: FindVersionsRaisedSince;
  readonly #onReadFailure: (error: unknown) => void;
  /** By session, the time from which on its row bars nothing, and when (by the monotonic clock) this process learned of it. */
  readonly #ended = new Map<string, { expiresAt: number; learnedAt: number }>();
  /** By user, the version in force and when (by the monotonic clock) this process learned of it. */
  readonly #raised = new Map<string, { version: number; learnedAt: number }>();
  #lastRead = { wall: -Infinity, monotonic: -Infinity };
  #lastFullRead = { wall: -Infinity, monotonic: -Infinity };
  #timer: NodeJS.Timeout | undefined;
  #reading: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(
    database: Database,
    clock: Clock,
    settings: MirrorSettings,
    findVersionsRaisedSince: FindVersionsRaisedSince,
    onReadFailure: (error: unknown) => void,
  ) {
    this.#database = database;
    this.#clock = clock;
    this.#settings = settings;
    this.#findVersionsRaisedSince = findVersionsRaisedSince;
    this.#onReadFailure = onReadFailure;
  }

  /** Reads the whole live set, and goes on polling until `stop`. */
  async start(): Promise<void> {
    await this.#read();
    this.#schedule();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#reading;
  }

  /** Tells the mirror of an end that this process has just committed. */
  add(ended: readonly EndedSession[]): void {
    const learnedAt = this.#clock.monotonic();
    for (const { sessionId, expiresAt } of ended)
      if (!this.#ended.has(sessionId)) this.#ended.set(sessionId, { expiresAt: expiresAt.getTime(), learnedAt });
  }

  /** Tells the mirror of versions that this process has just raised. */
  raise(users: readonly RaisedVersion[]): void {
    const learnedAt = this.#clock.monotonic();
    for (const { id, tokenVersion } of users) {
      if (tokenVersion > (this.#raised.get(id)?.version ?? -1))
        this.#raised.set(id, { version: tokenVersion, learnedAt });
    }
  }

  /**
   * Whether this session has ended.
   *
   * @throws ServiceUnavailableError where the mirror has not been read for so long that it cannot say.
   */
  isEnded(sessionId: string): boolean {
    if (this.#ended.has(sessionId)) return true;
    if (this.isStale()) throw new ServiceUnavailableError();
    return false;
  }

  /** Whether access tokens of this user with this `ver` are out of date. */
  isOutdated(userId: string, version: number): boolean {
    return version < (this.#raised.get(userId)?.version ?? 0);
  }

  isStale(): boolean {
    return this.#ageOf(this.#lastRead) >= this.#settings.blacklistStaleness;
  }

  #schedule(): void {
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => {
      this.#reading = this.#read()
        .catch(this.#onReadFailure)
        .finally(() => this.#schedule());
    }, this.#settings.blacklistPoll);
    this.#timer.unref();
  }

  async #read(): Promise<void> {
    const begun = { wall: this.#clock.now(), monotonic: this.#clock.monotonic() };
    const isClockSteppedBack = begun.wall < this.#lastRead.wall;
    if (isClockSteppedBack || this.#ageOf(this.#lastFullRead) >= this.#settings.blacklistStaleness) {
      const raisedSince = begun.wall - this.#settings.accessTokenLifetime - RAISED_MARGIN;
      await this.#learn(raisedSince, (em) => findEndedSessions(em, begun.wall - ENDED_MARGIN));
      this.#forgetExpired(begun);
      this.#lastFullRead = begun;
    } else {
      const since = this.#lastRead.wall - LOOK_BACK - this.#settings.leeway;
      await this.#learn(since, (em) => findSessionsEndedSince(em, since));
    }
    this.#lastRead = begun;
  }

  async #learn(raisedSince: number, findEnded: (em: EntityManager) => Promise<EndedSession[]>): Promise<void> {
    await this.#database.read(async (em) => {
      this.add(await findEnded(em));
      this.raise(await this.#findVersionsRaisedSince(em, raisedSince));
    });
  }

  #forgetExpired(now: { wall: number; monotonic: number }): void {
    const longAgo = now.monotonic - this.#settings.accessTokenLifetime;
    for (const [sessionId, { expiresAt, learnedAt }] of this.#ended)
      if (expiresAt <= now.wall && learnedAt <= longAgo - ENDED_MARGIN) this.#ended.delete(sessionId);
    for (const [userId, { learnedAt }] of this.#raised)
      if (learnedAt <= longAgo - RAISED_MARGIN) this.#raised.delete(userId);
  }

  /** By the wall or the monotonic clock, whichever says more: the one may be stepped, the other stops in a sleep. */
  #ageOf(moment: { wall: number; monotonic: number }): number {
    return Math.max(this.#clock.now() - moment.wall, this.#clock.monotonic() - moment.monotonic);
  }
}
