import { BlacklistedToken } from './blacklist/blacklisted-token.entity.ts';
import { SecurityEvent } from './events/security-event.entity.ts';
import { Session } from './sessions/session.entity.ts';
import { User } from './users/user.entity.ts';

/** The entities of this library. Add them to the entities of your ORM. */
export const authEntities = [User, Session, BlacklistedToken, SecurityEvent] as const;
