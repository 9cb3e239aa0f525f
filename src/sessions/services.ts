import type { BlacklistMirror } from '../blacklist/blacklist-mirror.ts';
import type { Clock } from '../clock.ts';
import type { Database } from '../database/database.ts';
import type { RateLimiter } from '../limits/rate-limiter.ts';
import type { Settings } from '../settings.ts';
import type { TokenCodec } from '../tokens/token-codec.ts';
import type { Subjects } from '../users/subject.ts';
import type { HostClaims } from './host-claims.ts';

/** What the use cases of sessions work with. `createAuth` makes one of each. */
export interface SessionServices {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly database: Database;
  readonly subjects: Subjects;
  readonly codec: TokenCodec;
  readonly mirror: BlacklistMirror;
  readonly limiter: RateLimiter;
  readonly hostClaims: HostClaims<object> | null;
}
