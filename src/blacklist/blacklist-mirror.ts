import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../clock.ts';
import type { Database } from '../database/database.ts';
import type { EntityManager } from '../database/tables.ts';
import { ServiceUnavailableError } from '../errors.ts';
import { type EndedRow, type EndedSession, findEndedSessions, findSessionsEndedSince } from './blacklist-store.ts';
import { EndedSessions } from './ended-sessions.ts';

/** Milliseconds. */
export interface MirrorSettings {
  readonly leeway: number;
  readonly blacklistPoll: number;
  readonly blacklistStaleness: number;
  readonly accessTokenLifetime: number;
}

/** A user whose access tokens with a lower `ver` are outdated. */
export interface RaisedVersion {
  readonly id: string;
  readonly tokenVersion: number;
}

/** How the mirror reads raised versions. It knows nothing else about users. */
export type FindVersionsRaisedSince = (em: EntityManager, since: number) => Promise<RaisedVersion[]>;

/**
 * A poll also reads this much time before the previous poll, and the leeway by which clocks may disagree. A row becomes
 * visible when its transaction commits, which is not the order in which rows are made.
 */
const LOOK_BACK = 60_000;

/** Rows that are read at a time when all are read. */
const PORTION = 2_000;

/**
 * Ended sessions and raised versions are kept this much longer than an access token lives, by the monotonic clock. If the
 * wall clock is stepped back, expired tokens are live again and must still be refused.
 */
const ENDED_MARGIN = 3_600_000;
const RAISED_MARGIN = 86_400_000;

/**
 * Holds in memory the sessions that ended and the token versions that were raised within one access-token lifetime, so
 * authenticating a request takes no query. It knows this process's own changes at once, and those of others within the poll.
 */
export class BlacklistMirror {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #settings: MirrorSettings;
  readonly #findVersionsRaisedSince: FindVersionsRaisedSince;
  readonly #onReadFailure: (error: unknown) => void;
  /** The monotonic clock when the mirror was made. */
  readonly #made: number;
  readonly #ended = new EndedSessions();
  /** By user: the current version, and when (by the monotonic clock) this process learned of it. */
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
    this.#made = clock.monotonic();
  }

  /** Reads all rows that bar tokens, then polls until `stop`. */
  async start(): Promise<void> {
    await this.#read();
    this.#schedule();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#reading;
  }

  /** Adds sessions whose end this process has just committed. */
  add(ended: readonly EndedSession[]): void {
    const seenAt = this.#secondsAt(this.#clock.monotonic());
    for (const { sessionId } of ended) this.#ended.add(sessionId, seenAt);
  }

  /** Adds versions that this process has just raised. */
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
   * @throws ServiceUnavailableError if the mirror is too old to tell.
   */
  isEnded(sessionId: string): boolean {
    if (this.#ended.has(sessionId)) return true;
    if (this.isStale()) throw new ServiceUnavailableError();
    return false;
  }

  /** Whether this user's access tokens with this `ver` are outdated. */
  isOutdated(userId: string, version: number): boolean {
    return version < (this.#raised.get(userId)?.version ?? 0);
  }

  /** Whether no read has succeeded for `blacklistStaleness`. */
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
      await this.#readAll(begun.wall - ENDED_MARGIN);
      await this.#readRaised(raisedSince);
      await this.#forget(begun.monotonic);
      this.#lastFullRead = begun;
    } else {
      const since = this.#lastRead.wall - LOOK_BACK - this.#settings.leeway;
      this.add(await this.#database.read((em) => findSessionsEndedSince(em, since)));
      await this.#readRaised(since);
    }
    this.#lastRead = begun;
  }

  /** Reads portion by portion. A driver that blocks the process, as SQLite's does, lets requests be answered in between. */
  async #readAll(now: number): Promise<void> {
    let last: EndedRow | null = null;
    do {
      const after: EndedRow | null = last;
      const rows: EndedRow[] = await this.#database.read((em) => findEndedSessions(em, now, after, PORTION));
      this.add(rows);
      last = rows.length < PORTION ? null : (rows.at(-1) ?? null);
      await nextTurn();
    } while (last !== null);
  }

  async #readRaised(since: number): Promise<void> {
    this.raise(await this.#database.read((em) => this.#findVersionsRaisedSince(em, since)));
  }

  /** Forgets what has not been read again for long. Rows that still bar tokens have just been read. */
  async #forget(now: number): Promise<void> {
    const longAgo = now - this.#settings.accessTokenLifetime;
    await this.#ended.forget(this.#secondsAt(longAgo - ENDED_MARGIN));
    for (const [userId, { learnedAt }] of this.#raised)
      if (learnedAt <= longAgo - RAISED_MARGIN) this.#raised.delete(userId);
  }

  /** Whole seconds since the mirror was made, by the monotonic clock: a small number, wherever that clock began. */
  #secondsAt(monotonic: number): number {
    return Math.floor((monotonic - this.#made) / 1000);
  }

  /** The larger age of the two clocks: the wall clock may be stepped, and the monotonic clock stops while a machine sleeps. */
  #ageOf(moment: { wall: number; monotonic: number }): number {
    return Math.max(this.#clock.now() - moment.wall, this.#clock.monotonic() - moment.monotonic);
  }
}
