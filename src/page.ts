import type { SelectQueryBuilder } from 'kysely';
import { BadUserInputError, InputRefusalReason } from './errors.ts';
import { isId } from './id.ts';

/** Where a page of a list begins, and how many rows it has at the most. The list's latest row comes first. */
export interface PagePosition {
  readonly first: number;
  /** The row that the page comes after; null for the first page. */
  readonly after: RowPosition | null;
}

/** A row's place in a list: stable while other rows come and go. */
export interface RowPosition {
  readonly createdAt: Date;
  readonly id: string;
}

/** A page, and whether there is more. */
export interface Page<Node extends RowPosition> {
  readonly nodes: readonly Node[];
  readonly hasNextPage: boolean;
}

const LARGEST_PAGE = 100;

/**
 * Checks the arguments of a connection.
 *
 * @throws BadUserInputError if `first` is not 1 to 100, or `after` is no cursor of ours.
 */
export function parsePagePosition(first: number, after: string | null): PagePosition {
  if (first < 1 || first > LARGEST_PAGE) {
    throw new BadUserInputError([{ path: 'first', reason: InputRefusalReason.OUT_OF_RANGE }]);
  }
  return { first, after: after === null ? null : parseCursor(after) };
}

/** A row's place as an opaque text. */
export function toCursor({ createdAt, id }: RowPosition): string {
  return Buffer.from(`${createdAt.getTime()}/${id}`).toString('base64url');
}

function parseCursor(cursor: string): RowPosition {
  const [, time = '', id = ''] = /^(\d{1,15})\/(.+)$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  const position = { createdAt: new Date(Number(time)), id };
  // What is ours we would write in the same way again.
  if (isId(id) && toCursor(position) === cursor) return position;
  throw new BadUserInputError([{ path: 'after', reason: InputRefusalReason.CURSOR_INVALID }]);
}

/** Narrows a query to a page, and one row more to tell whether there is another. */
export function pageOf<DB, Table extends keyof DB, Row>(
  query: SelectQueryBuilder<DB, Table, Row>,
  { first, after }: PagePosition,
): SelectQueryBuilder<DB, Table, Row> {
  // The two columns are those of RowPosition, which every list that is paged has.
  const rows = query as unknown as SelectQueryBuilder<{ rows: { createdAt: Date; id: string } }, 'rows', Row>;
  const later =
    after === null
      ? rows
      : rows
          // It follows from the next; but by this one the index finds the place, however deep it lies.
          .where('createdAt', '<=', after.createdAt)
          .where((row) => row.or([row('createdAt', '<', after.createdAt), row('id', '<', after.id)]));
  const page = later
    .orderBy('createdAt', 'desc')
    .orderBy('id', 'desc')
    .limit(first + 1);
  return page as unknown as SelectQueryBuilder<DB, Table, Row>;
}

/** Takes off the one row more. */
export function toPage<Node extends RowPosition>(rows: readonly Node[], { first }: PagePosition): Page<Node> {
  return { nodes: rows.slice(0, first), hasNextPage: rows.length > first };
}
