import type { CodePurpose } from '../codes/one-time-code.entity.ts';
import type { MailPurpose, QueuedPurpose } from '../mail/mail.entity.ts';
import { NO_PASSWORD, type User } from '../users/user.entity.ts';

/** How a queued mail is made. */
export interface MailPlan {
  readonly about: MailPurpose;
  /** What its code is good for. */
  readonly code: CodePurpose;
  /** Whether the client that asked for the mail has the `requestId`, so that the digits are of use. */
  readonly hasDigits: boolean;
  /** Whether it voids the earlier codes of the same purpose. */
  readonly voidsEarlier: boolean;
  /** Whether the code belongs to the session that the mail is about. */
  readonly isOfSession: boolean;
  /** Whether an active user gets the mail. */
  readonly isFor: (user: User) => boolean;
}

const MINUTE = 60_000;
const DAY = 86_400_000;

const REQUESTED: Omit<MailPlan, 'about' | 'code'> = {
  hasDigits: true,
  voidsEarlier: true,
  isOfSession: false,
  isFor: () => true,
};
const NOTICE: Omit<MailPlan, 'about'> = { ...REQUESTED, code: 'SESSION_END', hasDigits: false, voidsEarlier: false };

const isUnverified = ({ emailVerifiedAt }: User) => emailVerifiedAt === null;

export const MAIL_PLANS: Readonly<Record<QueuedPurpose, MailPlan>> = Object.freeze({
  PASSWORD_RESET: { ...REQUESTED, about: 'PASSWORD_RESET', code: 'PASSWORD_RESET' },
  LOGIN: { ...REQUESTED, about: 'LOGIN', code: 'LOGIN' },
  EMAIL_VERIFICATION: {
    ...REQUESTED,
    about: 'EMAIL_VERIFICATION',
    code: 'EMAIL_VERIFICATION',
    isFor: isUnverified,
  },
  REGISTRATION: {
    ...REQUESTED,
    about: 'EMAIL_VERIFICATION',
    code: 'EMAIL_VERIFICATION',
    hasDigits: false,
    isFor: isUnverified,
  },
  EMAIL_CHANGE: { ...REQUESTED, about: 'EMAIL_CHANGE', code: 'EMAIL_CHANGE', isOfSession: true },
  EMAIL_REVERT: {
    ...REQUESTED,
    about: 'EMAIL_REVERT',
    code: 'EMAIL_REVERT',
    hasDigits: false,
    voidsEarlier: false,
  },
  INVITATION: {
    ...REQUESTED,
    about: 'INVITATION',
    code: 'INVITATION',
    hasDigits: false,
    isFor: ({ passwordHash }) => passwordHash === NO_PASSWORD,
  },
  NEW_DEVICE: { ...NOTICE, about: 'NEW_DEVICE', isOfSession: true },
  PASSWORD_CHANGED: { ...NOTICE, about: 'PASSWORD_CHANGED' },
  REUSE_DETECTED: { ...NOTICE, about: 'REUSE_DETECTED' },
});

/** Milliseconds that the code of a mail is good for. */
export const REQUEST_LIFETIME = 30 * MINUTE;
/** The same, if nobody waits for the mail. */
export const LONG_LIFETIME = 7 * DAY;
