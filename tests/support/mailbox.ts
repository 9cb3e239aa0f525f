import type { Mail, Mailer } from '../../src/index.ts';
import { waitUntil } from './wait-until.ts';

/** What a mail of ours brings. */
export interface MailedCode {
  readonly mail: Mail;
  readonly digits: string;
  readonly link: URL;
  /** The token of the link. */
  readonly token: string;
}

/** Receives the mails of a server. */
export class Mailbox {
  readonly mails: Mail[] = [];
  /** What the next mails fail with. */
  readonly failures: Error[] = [];
  attempts = 0;

  readonly mailer: Mailer = async (mail) => {
    this.attempts += 1;
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure;
    this.mails.push(mail);
  };

  /** Waits for the mail after those that were read before. */
  async next(): Promise<MailedCode> {
    await waitUntil(() => this.mails.length > 0);
    const mail = this.mails.shift() as Mail;
    return { mail, ...codeIn(mail.text) };
  }
}

/** Finds the code in the text of a mail. */
export function codeIn(text: string): Omit<MailedCode, 'mail'> {
  const digits = /\b\d{6}\b/.exec(text)?.[0] ?? '';
  const link = new URL(/https?:\/\/\S+/.exec(text)?.[0] ?? '');
  return { digits, link, token: new URLSearchParams(link.hash.slice(1)).get('code') ?? '' };
}
