import type { Mail, Mailer } from '../mail/mailer.ts';

/** A mail with the code in it, if it has one. */
export interface TestMail extends Mail {
  /** Six digits; null if there are none. */
  readonly digits: string | null;
  /** The link that holds the code; null if there is none. */
  readonly link: string | null;
}

/** Receives the mails in place of a mailer. */
export class TestOutbox {
  readonly #mails: TestMail[] = [];
  readonly #waiting: ((mail: TestMail) => void)[] = [];

  /** What `createAuth` takes. */
  readonly mailer: Mailer = async (mail) => {
    const digits = /\b\d{6}\b/.exec(mail.text)?.[0] ?? null;
    const link = /https?:\/\/\S+/.exec(mail.text)?.[0] ?? null;
    const received = { ...mail, digits, link };
    const reader = this.#waiting.shift();
    if (reader === undefined) this.#mails.push(received);
    else reader(received);
  };

  /** The next mail that has not been read. It waits for one, because mails are sent after the answer. */
  async next(): Promise<TestMail> {
    const mail = this.#mails.shift();
    return mail ?? new Promise((resolve) => void this.#waiting.push(resolve));
  }
}
