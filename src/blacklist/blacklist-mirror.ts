import type { Clock } from '../clock.ts';
import type { Database } from '../database.ts';
import { ServiceUnavailableError } from '../errors.ts';
import { type EndedSession, findEndedSessions, findSessionsEndedSince } from './blacklist-store.ts';

/** Milliseconds. */
export interface MirrorSettings {
  readonly leeway: number;
  readonly blacklistPoll: number;
  readonly blacklistStaleness: number;
}

/**
 * A poll looks back this far behind the one before, and the leeway by which clocks may disagree: a row becomes visible
 * when its transaction commits, and not in the order in which the rows were made.
 */
const LOOK_BACK = 60_000;

/**
 * The ended sessions of the last access-token lifetime, in memory, so that authenticating a request takes no query.
 * This process's own ends are in it at once, those of others within the poll.
 */
export class BlacklistMirror {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #settings: MirrorSettings;
  readonly #onReadFailure: (error: unknown) => void;
  /** By session, the time from which on its row bars nothing. */
  readonly #ended = new Map<string, number>();
  #lastRead = { wall: -Infinity, monotonic: -Infinity };
  #lastFullRead = { wall: -Infinity, monotonic: -Infinity };
  #timer: NodeJS.Timeout | undefined;
  #reading: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(database: Database, clock: Clock, settings: MirrorSettings, onReadFailure: (error: unknown) => void) {
    this.#database = database;
    this.#clock = clock;
    this.#settings = settings;
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
    for (const { sessionId, expiresAt } of ended) this.#ended.set(sessionId, expiresAt.getTime());
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
      this.add(await this.#database.read((em) => findEndedSessions(em, begun.wall)));
      this.#forgetExpired(begun.wall);
      this.#lastFullRead = begun;
    } else {
      const since = this.#lastRead.wall - LOOK_BACK - this.#settings.leeway;
      this.add(await this.#database.read((em) => findSessionsEndedSince(em, since)));
    }
    this.#lastRead = begun;
  }

  #forgetExpired(now: number): void {
    for (const [sessionId, expiresAt] of this.#ended) if (expiresAt <= now) this.#ended.delete(sessionId);
  }

  /** By the wall or the monotonic clock, whichever says more: the one may be stepped, the other stops in a sleep. */
  #ageOf(moment: { wall: number; monotonic: number }): number {
    return Math.max(this.#clock.now() - moment.wall, this.#clock.monotonic() - moment.monotonic);
  }
}
