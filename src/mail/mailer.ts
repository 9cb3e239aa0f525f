import type { MailPurpose } from './mail.entity.ts';

/** A mail, ready to be sent. */
export interface Mail {
  /** One for each mail, and the same at each attempt. Make the `Message-ID` of it. */
  readonly id: string;
  readonly purpose: MailPurpose;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** Sends a mail. If it throws, the mail is sent again later. It has a minute. */
export type Mailer = (mail: Mail) => Promise<void>;
