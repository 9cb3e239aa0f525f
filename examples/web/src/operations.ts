import { gql, type TypedDocumentNode } from '@apollo/client';

export type AuthEventType =
  | 'REGISTERED'
  | 'LOGGED_IN'
  | 'LOGIN_FAILED'
  | 'REFRESH_RETRIED'
  | 'REFRESH_REFUSED_AS_ROTATED'
  | 'REUSE_DETECTED'
  | 'SESSION_ENDED'
  | 'PASSWORD_CHANGED'
  | 'PASSWORD_CHANGE_FAILED'
  | 'ROLES_CHANGED'
  | 'USER_DEACTIVATED'
  | 'USER_ACTIVATED'
  | 'USER_DELETED';

interface User {
  id: string;
  email: string;
  roles: string[];
  createdAt: string;
  lastLoginAt: string | null;
}
export const MeDocument: TypedDocumentNode<{ me: User | null }, Record<string, never>> = gql`
  query Me {
    me {
      id
      email
      roles
      createdAt
      lastLoginAt
    }
  }
`;
interface Session {
  id: string;
  createdAt: string;
  lastUsedAt: string;
  userAgent: string | null;
  ipAddress: string | null;
  isCurrent: boolean;
}
export const SessionsDocument: TypedDocumentNode<{ sessions: Session[] | null }, Record<string, never>> = gql`
  query Sessions {
    sessions {
      id
      createdAt
      lastUsedAt
      userAgent
      ipAddress
      isCurrent
    }
  }
`;
export const EndSessionDocument: TypedDocumentNode<
  { endSession: { endedSessions: number } | null },
  { input: { id: string } }
> = gql`
  mutation EndSession($input: EndSessionInput!) {
    endSession(input: $input) {
      endedSessions
      endedSessionIds
    }
  }
`;
interface Events {
  edges: {
    cursor: string;
    node: { id: string; type: AuthEventType; cause: string | null; createdAt: string; userAgent: string | null };
  }[];
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
}
export const SecurityEventsDocument: TypedDocumentNode<
  { securityEvents: Events | null },
  { first?: number; after?: string | null }
> = gql`
  query SecurityEvents($first: Int, $after: String) {
    securityEvents(first: $first, after: $after) {
      edges {
        cursor
        node {
          id
          type
          cause
          createdAt
          userAgent
          ipAddress
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`;
