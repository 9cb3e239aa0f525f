import { ArgsType, Field, Int, ObjectType } from 'type-graphql';
import { type Page, type PagePosition, parsePagePosition, type RowPosition, toCursor } from '../page.ts';

@ObjectType({ description: 'Where a page stands in its list, as the Relay connection specification has it.' })
export class PageInfo {
  @Field(() => Boolean)
  hasNextPage!: boolean;

  @Field(() => Boolean)
  hasPreviousPage!: boolean;

  @Field(() => String, { nullable: true })
  startCursor!: string | null;

  @Field(() => String, { nullable: true })
  endCursor!: string | null;
}

@ArgsType()
export class ConnectionArgs {
  @Field(() => Int, { defaultValue: 20, description: '1 to 100.' })
  first!: number;

  @Field(() => String, { nullable: true, description: 'A cursor of this list: the page begins after it.' })
  after?: string | null;
}

export function toPagePosition({ first, after = null }: ConnectionArgs): PagePosition {
  return parsePagePosition(first, after);
}

/** A page in Relay's form. */
export function toConnection<Row extends RowPosition, Node>(
  { nodes, hasNextPage }: Page<Row>,
  { after }: PagePosition,
  toNode: (row: Row) => Node,
): { edges: { cursor: string; node: Node }[]; pageInfo: PageInfo } {
  const edges = nodes.map((row) => ({ cursor: toCursor(row), node: toNode(row) }));
  const startCursor = edges[0]?.cursor ?? null;
  const endCursor = edges.at(-1)?.cursor ?? null;
  return { edges, pageInfo: { hasNextPage, hasPreviousPage: after !== null, startCursor, endCursor } };
}
