import { ArgsType, Field, Int, ObjectType } from 'type-graphql';
import { type Page, type PagePosition, parsePagePosition, type RowPosition, toCursor } from '../../page.ts';

@ObjectType('PageInfo', { description: 'The position of a page in its list (Relay connection specification).' })
export class PageInfoType {
  @Field(() => Boolean, { description: 'Whether another page follows.' })
  hasNextPage!: boolean;

  @Field(() => Boolean, { description: 'Whether this page begins after a cursor.' })
  hasPreviousPage!: boolean;

  @Field(() => String, { nullable: true, description: 'The first cursor of this page; null if the page is empty.' })
  startCursor!: string | null;

  @Field(() => String, { nullable: true, description: 'The last cursor of this page; null if the page is empty.' })
  endCursor!: string | null;
}

@ArgsType()
export class ConnectionArgs {
  @Field(() => Int, { defaultValue: 20, description: 'The size of the page, 1 to 100.' })
  first!: number;

  @Field(() => String, { nullable: true, description: 'A cursor of this list. The page begins after it.' })
  after?: string | null;
}

export function toPagePosition({ first, after = null }: ConnectionArgs): PagePosition {
  return parsePagePosition(first, after);
}

/** Makes a Relay connection of a page. */
export function toConnection<Row extends RowPosition, Node>(
  { nodes, hasNextPage }: Page<Row>,
  { after }: PagePosition,
  toNode: (row: Row) => Node,
): { edges: { cursor: string; node: Node }[]; pageInfo: PageInfoType } {
  const edges = nodes.map((row) => ({ cursor: toCursor(row), node: toNode(row) }));
  const startCursor = edges[0]?.cursor ?? null;
  const endCursor = edges.at(-1)?.cursor ?? null;
  return { edges, pageInfo: { hasNextPage, hasPreviousPage: after !== null, startCursor, endCursor } };
}
