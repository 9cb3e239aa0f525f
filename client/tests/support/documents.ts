import { gql } from '@apollo/client';

export const ME = gql`
  query {
    me {
      id
      email
    }
  }
`;
export const END_SESSION = gql`
  mutation ($id: ID!) {
    endSession(input: { id: $id }) {
      endedSessions
    }
  }
`;
