import type { Device } from '../device.ts';
import type { Caller } from '../sessions/caller.ts';
import type { TokenPair } from '../sessions/issue-tokens.ts';
import type { Opening } from '../sessions/open-session.ts';
import type { Credentials } from '../users/credentials.ts';
import { activateUser } from './activate-user.ts';
import { deactivateUser } from './deactivate-user.ts';
import { login } from './login.ts';
import { type HostLoginServices, loginHostUser } from './login-host-user.ts';
import type { Screen } from './screen.ts';
import type { AccountServices } from './services.ts';
import { setHostUserActive } from './set-host-user-active.ts';

/** The use cases that depend on who keeps the users. */
export interface UserKeeping {
  login(input: Credentials, opening: Opening, screen: Screen): Promise<TokenPair>;
  deactivate(caller: Caller, id: string, device: Device): Promise<object>;
  activate(caller: Caller, id: string, device: Device): Promise<object>;
}

/** The use cases for users in this library's own table. */
export function keepOwnUsers(services: AccountServices): UserKeeping {
  return Object.freeze({
    login: (input, opening, screen) => login(services, input, opening, screen),
    deactivate: (caller, id, device) => deactivateUser(services, caller, id, device),
    activate: (caller, id, device) => activateUser(services, caller, id, device),
  } satisfies UserKeeping);
}

/** The use cases for users of the host. */
export function keepHostUsers(services: HostLoginServices): UserKeeping {
  return Object.freeze({
    login: (input, opening, screen) => loginHostUser(services, input, opening, screen),
    deactivate: (caller, id, device) => setHostUserActive(services, caller, id, false, device),
    activate: (caller, id, device) => setHostUserActive(services, caller, id, true, device),
  } satisfies UserKeeping);
}
