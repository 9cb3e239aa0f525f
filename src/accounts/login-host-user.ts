import type { Device } from '../device.ts';
import { InvalidCredentialsError } from '../errors.ts';
import { record } from '../events/security-event-store.ts';
import { CHANGED, retryIfChanged } from '../retry.ts';
import type { HostSubject, HostSubjects } from '../sessions/host-subjects.ts';
import type { TokenPair } from '../sessions/issue-tokens.ts';
import { findKnownDevices } from '../sessions/known-devices.ts';
import { type Opening, openSession } from '../sessions/open-session.ts';
import { type Credentials, parseHostCredentials } from '../users/credentials.ts';
import { askHost, findHostUserByLogin, type HostUsers, type KnownHostUser } from '../users/host-users.ts';
import { limitAccount, limitClient } from './limit-checks.ts';
import type { Screen } from './screen.ts';
import type { AccountServices } from './services.ts';

/** What a login to a host works with. */
export interface HostLoginServices extends AccountServices {
  readonly subjects: HostSubjects;
  readonly hostUsers: HostUsers;
  readonly lastKnown: { id: string | null };
}

/**
 * Checks the password of a user whom the host keeps, and opens a session.
 *
 * The password counts only if it was right at a moment when the user's state had the version that the session is opened with. At
 * the first login, the state is made after the password was found right, so the password is looked at again.
 *
 * @throws InvalidCredentialsError: the same answer after the same work, whatever was wrong.
 * @throws RateLimitedError if the client or the account has to wait, or too many passwords are being checked.
 * @throws BadUserInputError that names each field.
 * @throws ServiceUnavailableError if a function of the host fails.
 */
export async function loginHostUser(
  services: HostLoginServices,
  input: Credentials,
  opening: Opening,
  screen: Screen,
): Promise<TokenPair> {
  const credentials = parseHostCredentials(input);
  const { email: typed, password } = credentials;
  const { subjects, hostUsers } = services;
  return services.passwords.admit(async () => {
    await limitClient(services, 'login', opening.device);
    await screen(credentials);
    const forgetFailures = await limitAccount(services, normalize(hostUsers, typed), opening.device, () =>
      findDevicesOf(services, typed),
    );
    return retryIfChanged(async (): Promise<TokenPair | typeof CHANGED> => {
      const found = await findHostUserByLogin(hostUsers, typed);
      const known = await findState(services, found);
      const isRight = await matches(services, known ?? found, password);
      if (found === null || !isRight || !found.isActive) return refuse(services, found, opening.device);
      const subject = known ?? (await subjects.findForLogin(found.id));
      if (subject === null || !subject.isActive) return refuse(services, found, opening.device);
      if (known === null && !(await isStillRight(services, found, subject, password))) return CHANGED;
      await renewHash(services, subject, password);
      return openSession(services, subject, opening, forgetFailures);
    });
  });
}

/** The user's state, if there is one. For an unknown user it does the same work, for the last one who was known. */
async function findState({ subjects, lastKnown }: HostLoginServices, found: KnownHostUser | null) {
  if (found !== null) lastKnown.id = found.id;
  const subject = lastKnown.id === null ? null : await subjects.find(lastKnown.id);
  return found === null ? null : subject;
}

type Holder = Pick<KnownHostUser, 'passwordHash'> & ({ readonly user: object } | Pick<HostSubject, 'view'>);

async function matches(
  { passwords, hostUsers }: HostLoginServices,
  holder: Holder | null,
  password: string,
): Promise<boolean> {
  if (hostUsers.verifyPassword === undefined) return passwords.matches(password, holder?.passwordHash ?? null);
  return askHost(async () => (await hostUsers.verifyPassword?.(holder && userOf(holder), password)) === true);
}

/** Whether the password is right for what the host has by now. The same hash needs no second look. */
async function isStillRight(
  services: HostLoginServices,
  { passwordHash }: KnownHostUser,
  subject: HostSubject,
  password: string,
): Promise<boolean> {
  if (services.hostUsers.verifyPassword === undefined) return passwordHash === subject.passwordHash;
  return matches(services, subject, password);
}

function userOf(holder: Holder): object {
  return 'user' in holder ? holder.user : holder.view();
}

function normalize(hostUsers: HostUsers, typed: string): string {
  return hostUsers.normalizeLogin?.(typed) ?? typed.normalize('NFKC').toLowerCase();
}

async function findDevicesOf({ database, hostUsers }: HostLoginServices, typed: string) {
  const user = await findHostUserByLogin(hostUsers, typed);
  return user === null ? [] : database.read((em) => findKnownDevices(em, user.id));
}

/** Records the attempt. An unknown user writes a row too, so the timing reveals nothing. */
async function refuse(services: AccountServices, user: KnownHostUser | null, device: Device): Promise<never> {
  const event = { type: 'LOGIN_FAILED' as const, userId: user?.id ?? null };
  await services.database.transaction((em) => record(em, [event], device, services.clock.now()));
  throw new InvalidCredentialsError();
}

async function renewHash(
  { passwords, hostUsers }: HostLoginServices,
  subject: HostSubject,
  password: string,
): Promise<void> {
  const { passwordHash } = subject;
  if (hostUsers.savePasswordHash === undefined || passwordHash === null || !passwords.isOutdated(passwordHash)) return;
  const newHash = await passwords.hash(password);
  await askHost(async () => hostUsers.savePasswordHash?.(subject.view(), newHash, passwordHash));
}
