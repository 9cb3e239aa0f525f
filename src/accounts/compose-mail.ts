import type { CodeDeriver } from '../codes/code-deriver.ts';
import { findCode, insertCode, voidEarlierCodes } from '../codes/one-time-code-store.ts';
import { type OneTimeCode, OUTLASTING_PURPOSES } from '../codes/one-time-code.entity.ts';
import type { Database } from '../database/database.ts';
import type { EntityManager } from '../database/tables.ts';
import { newId, timeOf } from '../id.ts';
import type { RateLimiter } from '../limits/rate-limiter.ts';
import type { MailPurpose, QueuedMail } from '../mail/mail.entity.ts';
import { nameDevice } from '../mail/device-name.ts';
import type { Mail } from '../mail/mailer.ts';
import type { MessageParameters, Messages } from '../mail/messages.ts';
import { findSession } from '../sessions/session-store.ts';
import type { Budget } from '../settings.ts';
import { findUser, findUserByEmail } from '../users/user-store.ts';
import type { User } from '../users/user.entity.ts';
import { MAIL_PLANS, type MailPlan } from './mail-plans.ts';

/** What a mail is made with. */
export interface ComposerServices {
  readonly database: Database;
  readonly limiter: RateLimiter;
  readonly codes: CodeDeriver;
  readonly linkUrl: string;
  /** By language. */
  readonly messages: ReadonlyMap<string, Messages>;
}

const MINUTE = 60_000;
/** Notices to one user. A thief who knows the password could otherwise have any number sent. */
const NOTICE_BUDGET: Budget = { checks: 20, window: 86_400_000 };

/**
 * Makes a queued mail, and the code that it brings. A code is made for an e-mail without an account too, so that a try of its
 * digits takes as long.
 *
 * @returns null if nobody is to get the mail, or its code is void or used already.
 */
export async function composeMail(services: ComposerServices, queued: QueuedMail): Promise<Mail | null> {
  const { database, codes } = services;
  const plan = MAIL_PLANS[queued.purpose];
  const user = await database.read((em) => findAddressee(em, queued));
  const owner = await database.read((em) => findOwnerOfTaken(em, queued, user));
  if (owner !== null) return write(services, queued, 'EMAIL_TAKEN', owner.email, { link: services.linkUrl });
  const code = codeOf(queued, plan, user);
  const isGood = await database.transaction((em) => store(em, code, plan));
  if (user === null || user.deactivatedAt !== null || !plan.isFor(user) || !isGood) return null;
  if (plan.code === 'SESSION_END' && !(await mayNotify(services, queued, user))) return null;
  const { digits, token } = codes.textsOf(code);
  const session = queued.sessionId;
  const device = session === null ? null : await database.read((em) => findSession(em, session));
  return write(services, queued, plan.about, addressOf(queued, user), {
    digits: plan.hasDigits ? digits : null,
    link: linkTo(services.linkUrl, plan.code, token),
    minutes: Math.round((queued.expiresAt.getTime() - timeOf(queued.id)) / MINUTE),
    device: device && { name: nameDevice(device.userAgent), ipAddress: device.ipAddress },
  });
}

/** The row of the code that a mail brings. The same mail always has the same one. */
export function codeOf(
  { id, email, sessionId, expiresAt }: Pick<QueuedMail, 'id' | 'email' | 'sessionId' | 'expiresAt'>,
  plan: MailPlan,
  user: Pick<User, 'id' | 'tokenVersion'> | null,
): OneTimeCode {
  return {
    id,
    purpose: plan.code,
    userId: user?.id ?? newId(timeOf(id)),
    tokenVersion: OUTLASTING_PURPOSES.has(plan.code) ? 0 : (user?.tokenVersion ?? 0),
    email: isOfAddress(plan) ? email : null,
    sessionId: plan.isOfSession ? sessionId : null,
    tries: 0,
    expiresAt,
    usedAt: null,
  };
}

function isOfAddress({ code }: MailPlan): boolean {
  return code === 'EMAIL_CHANGE' || code === 'EMAIL_REVERT';
}

/** Mail goes to the stored address. A change has two, and a notice goes to the one of its moment: the row names it. */
function addressOf({ userId, email }: QueuedMail, user: User): string {
  return userId === null ? user.email : email;
}

async function findAddressee(em: EntityManager, { userId, email }: QueuedMail): Promise<User | null> {
  return userId === null ? findUserByEmail(em, email) : findUser(em, userId);
}

/** Whoever has the address that a registration or a change asks for. */
async function findOwnerOfTaken(em: EntityManager, queued: QueuedMail, user: User | null): Promise<User | null> {
  const { purpose, email } = queued;
  if (purpose === 'REGISTRATION') return user === null || user.emailVerifiedAt === null ? null : activeOf(user);
  if (purpose !== 'EMAIL_CHANGE') return null;
  const owner = await findUserByEmail(em, email);
  return owner === null || owner.id === user?.id ? null : activeOf(owner);
}

function activeOf(user: User): User | null {
  return user.deactivatedAt === null ? user : null;
}

/** @returns whether the code is the latest one and unused. */
async function store(em: EntityManager, code: OneTimeCode, plan: MailPlan): Promise<boolean> {
  await insertCode(em, code);
  if (plan.voidsEarlier && !(await voidEarlierCodes(em, code))) return false;
  return (await findCode(em, code.id))?.usedAt === null;
}

/** A further attempt at the same mail does not count. */
async function mayNotify({ limiter }: ComposerServices, queued: QueuedMail, user: User): Promise<boolean> {
  return queued.attempts > 0 || limiter.tryTake('notice', user.id, NOTICE_BUDGET);
}

/** The token is in the fragment, which browsers send to no server. */
function linkTo(linkUrl: string, purpose: string, token: string): string {
  const url = new URL(linkUrl);
  url.hash = new URLSearchParams({ purpose, code: token }).toString();
  return url.href;
}

function write(
  { messages }: ComposerServices,
  { id, language }: QueuedMail,
  purpose: MailPurpose,
  to: string,
  parameters: Partial<MessageParameters> & Pick<MessageParameters, 'link'>,
): Mail {
  const ofLanguage = messages.get(language ?? '') ?? [...messages.values()][0];
  if (ofLanguage === undefined) throw new TypeError('There are no messages in any language.');
  return { id, purpose, to, ...ofLanguage[purpose]({ digits: null, minutes: 0, device: null, ...parameters }) };
}
