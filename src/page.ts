import type { SelectQueryBuilder } from 'kysely';
import { BadUserInputError } from './errors.ts';
import { isId } from './id.ts';
import { InputRefusalReason } from './reasons.ts';

/** Where a page of a list begins and how many rows it may have. The latest row of the list comes first. */
export interface PagePosition {
  readonly first: number;
  /** The row before the page; null for the first page. */
  readonly after: RowPosition | null;
}

/** A row's position in a list. It stays the same while other rows are added or deleted. */
export interface RowPosition {
  readonly createdAt: Date;
  readonly id: string;
}

/** A page, and whether another follows. */
export interface Page<Node extends RowPosition> {
  readonly nodes: readonly Node[];
  readonly hasNextPage: boolean;
}

const LARGEST_PAGE = 100;

/**
 * Checks the arguments of a connection.
 *
 * @throws BadUserInputError if `first` is not 1 to 100, or `after` is not a cursor of ours.
 */
export function parsePagePosition(first: number, after: string | null): PagePosition {
  if (first < 1 || first > LARGEST_PAGE) {
    throw new BadUserInputError([{ path: 'first', reason: InputRefusalReason.OUT_OF_RANGE }]);
  }
  return { first, after: after === null ? null : parseCursor(after) };
}

/** Encodes a row's position as an opaque string. */
export function toCursor({ createdAt, id }: RowPosition): string {
  return Buffer.from(`${createdAt.getTime()}/${id}`).toString('base64url');
}

function parseCursor(cursor: string): RowPosition {
  const [, time = '', id = ''] = /^(\d{1,15})\/(.+)$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  const position = { createdAt: new Date(Number(time)), id };
  // A cursor of ours is the same when it is encoded again.
  if (isId(id) && toCursor(position) === cursor) return position;
  throw new BadUserInputError([{ path: 'after', reason: InputRefusalReason.CURSOR_INVALID }]);
}

/** Limits a query to a page and one more row, which tells whether another page follows. */
export function pageOf<DB, Table extends keyof DB, Row>(
  query: SelectQueryBuilder<DB, Table, Row>,
  { first, after }: PagePosition,
): SelectQueryBuilder<DB, Table, Row> {
  // Every paged list has the two columns of RowPosition.
  const rows = query as unknown as SelectQueryBuilder<{ rows: { createdAt: Date; id: string } }, 'rows', Row>;
  const later =
    after === null
      ? rows
      : rows
          // The next condition implies this one. The index uses this one to find a deep page directly.
          .where('createdAt', '<=', after.createdAt)
          .where((row) => row.or([row('createdAt', '<', after.createdAt), row('id', '<', after.id)]));
  const page = later
    .orderBy('createdAt', 'desc')
    .orderBy('id', 'desc')
    .limit(first + 1);
  return page as unknown as SelectQueryBuilder<DB, Table, Row>;
}

/** Makes a page of the rows that `pageOf` selected: each as its view, without the one more row. */
export function toPage<Row, Node extends RowPosition>(
  rows: readonly Row[],
  { first }: PagePosition,
  toNode: (row: Row) => Node,
): Page<Node> {
  return { nodes: rows.slice(0, first).map(toNode), hasNextPage: rows.length > first };
}
