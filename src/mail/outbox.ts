import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../clock.ts';
import type { Database } from '../database/database.ts';
import { claimMail, findDueMail, postponeMail, removeMail } from './mail-store.ts';
import type { QueuedMail } from './mail.entity.ts';
import type { Mail, Mailer } from './mailer.ts';

/** Makes a mail of its row; null if there is nothing to send. */
export type ComposeMail = (queued: QueuedMail) => Promise<Mail | null>;

/** Milliseconds between two looks at the table. A process sends its own mails at once. */
const POLL = 1_000;
/** A mailer has so long. */
const PATIENCE = 60_000;
/** No other process touches a mail for so long. */
const LEASE = 120_000;
/** How long a stop waits for the mail under way. Another process sends it again after the lease. */
const FAREWELL = 5_000;
/** Milliseconds until the next attempt: after the first one, the second and so on. */
const DELAYS: readonly [number, ...number[]] = [5_000, 15_000, 30_000, 60_000, 120_000, 300_000];
const LONGEST_ERROR = 255;

/** The mails of all processes, in a table. The first process that reaches one sends it. */
export class Outbox {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #compose: ComposeMail;
  readonly #mailer: Mailer;
  readonly #onFailure: (error: unknown) => void;
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | null = null;
  #isStopped = false;
  /** Once the stop has waited long enough. The database may be closed. */
  #isAbandoned = false;

  constructor(
    database: Database,
    clock: Clock,
    compose: ComposeMail,
    mailer: Mailer,
    onFailure: (error: unknown) => void,
  ) {
    this.#database = database;
    this.#clock = clock;
    this.#compose = compose;
    this.#mailer = mailer;
    this.#onFailure = onFailure;
  }

  start(): void {
    this.#schedule(POLL);
  }

  /** Sends what was just queued. The caller does not wait for it. */
  nudge(): void {
    this.#schedule(0);
  }

  /** Stops once the mail under way is sent, or does not get sent. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await within(FAREWELL, this.#sending ?? Promise.resolve()).catch(() => undefined);
    this.#isAbandoned = true;
  }

  #schedule(delay: number): void {
    clearTimeout(this.#timer);
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => {
      this.#sending ??= this.#sendDue()
        .catch(this.#onFailure)
        .finally(() => {
          this.#sending = null;
          this.#schedule(POLL);
        });
    }, delay);
    this.#timer.unref();
  }

  async #sendDue(): Promise<void> {
    while (!this.#isStopped) {
      const now = this.#clock.now();
      const queued = await this.#database.read((em) => findDueMail(em, now));
      if (queued === null) return;
      if (await this.#database.transaction((em) => claimMail(em, queued, now + LEASE))) await this.#attempt(queued);
      // A driver that is not asynchronous, as that of SQLite, lets no request in by itself.
      await setImmediate();
    }
  }

  async #attempt(queued: QueuedMail): Promise<void> {
    const now = this.#clock.now();
    if (queued.expiresAt.getTime() <= now) {
      await this.#database.transaction((em) => removeMail(em, queued.id));
      this.#onFailure(new Error(`A mail (${queued.purpose}) could not be sent in ${queued.attempts} attempts.`));
      return;
    }
    try {
      const mail = await this.#compose(queued);
      if (mail !== null) await within(PATIENCE, this.#mailer(mail));
      if (this.#isAbandoned) return;
      await this.#database.transaction((em) => removeMail(em, queued.id));
    } catch (error) {
      if (this.#isAbandoned) return;
      const delay = DELAYS[Math.min(queued.attempts, DELAYS.length - 1)] ?? DELAYS[0];
      const lastError = (error instanceof Error ? error.message : String(error)).slice(0, LONGEST_ERROR);
      const dueAt = this.#clock.now() + delay;
      await this.#database.transaction((em) => postponeMail(em, queued.id, lastError, dueAt));
      // The message may contain the address. It is in the table, and not in the log.
      this.#onFailure(new Error(`A mail (${queued.purpose}) was not sent at attempt ${queued.attempts + 1}.`));
    }
  }
}

/** @throws Error if the work takes longer. */
async function within(milliseconds: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('It took too long.')), milliseconds);
    timer.unref();
  });
  await Promise.race([work, tooLong]).finally(() => clearTimeout(timer));
}
