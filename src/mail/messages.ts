import type { MailPurpose } from './mail.entity.ts';

/** The text of a mail. */
export interface Message {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** A device as a mail may show it. A thief chooses the `User-Agent`, so nothing of its text is in here. */
export interface MailedDevice {
  /** Such as `Firefox, Windows`; null if it is none of the common ones. */
  readonly name: string | null;
  readonly ipAddress: string | null;
}

/** What a message says. */
export interface MessageParameters {
  /** Six digits, for the client that has the `requestId`; null if only the link works. */
  readonly digits: string | null;
  /** Leads to `linkUrl`. Its fragment has the `purpose` and the `code`, unless the mail brings no code. */
  readonly link: string;
  /** How long both are good; 0 if there is no code. */
  readonly minutes: number;
  /** The device of the session that the mail is about; null if it is about none. */
  readonly device: MailedDevice | null;
}

/** Writes the messages of one language. */
export type Messages = Readonly<Record<MailPurpose, (parameters: MessageParameters) => Message>>;
