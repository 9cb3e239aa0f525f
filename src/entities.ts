import { BlacklistedToken } from './blacklist/blacklisted-token.entity.ts';
import { AuthEvent } from './events/auth-event.entity.ts';
import { Session } from './sessions/session.entity.ts';
import { User } from './users/user.entity.ts';

/** The entities of this library, to be listed among those of the host's ORM. */
export const authEntities = [User, Session, BlacklistedToken, AuthEvent] as const;
