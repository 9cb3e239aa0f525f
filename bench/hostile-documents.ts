/** How a document is made. Each number is a dimension of the search. */
export interface Plan {
  /** Root fields of each kind. */
  readonly me: number;
  readonly sessions: number;
  readonly events: number;
  readonly token: number;
  readonly typename: number;
  /** The events of each page. */
  readonly first: number;
  /** How often each leaf is repeated, without and with an alias. */
  readonly repeats: number;
  readonly aliases: number;
  /** Inline fragments around each selection. */
  readonly wraps: number;
  /** How often each root field comes by a fragment, and how many fragments lie in between. */
  readonly spreads: number;
  readonly chain: number;
  readonly directives: number;
  /** Fields that do not exist. */
  readonly unknown: number;
  /** Pairs of fields that conflict. */
  readonly conflicts: number;
  readonly variables: number;
  /** Characters of a string argument. */
  readonly blob: number;
  /** Whether root fields have aliases. 0 or 1. */
  readonly named: number;
  readonly operations: number;
}

/** The most of each dimension. Far above the limits, so that the search finds them. */
const MOST: Plan = {
  me: 25,
  sessions: 25,
  events: 25,
  token: 25,
  typename: 4_000,
  first: 110,
  repeats: 2_000,
  aliases: 60,
  wraps: 30,
  spreads: 60,
  chain: 200,
  directives: 60,
  unknown: 1_000,
  conflicts: 600,
  variables: 1_000,
  blob: 80_000,
  named: 1,
  operations: 300,
};

const NOTHING: Plan = Object.fromEntries(Object.keys(MOST).map((name) => [name, 0])) as unknown as Plan;

/** Where the search begins. */
export const heaviestKnown: Plan = { ...NOTHING, events: 1, sessions: 1, first: 100, named: 1, operations: 1 };

/** Changes one to three dimensions. */
export function mutate(plan: Plan, random: () => number): Plan {
  const names = Object.keys(MOST) as (keyof Plan)[];
  const changed: Record<keyof Plan, number> = { ...plan };
  const count = 1 + Math.floor(random() * 3);
  for (let index = 0; index < count; index += 1) {
    const name = names[Math.floor(random() * names.length)] ?? 'me';
    const most = MOST[name];
    // Half of the changes are small steps, the others go anywhere, small values more often.
    const step = Math.max(1, Math.round(plan[name] * 0.2 * random()));
    const near = plan[name] + (random() < 0.5 ? -step : step);
    changed[name] = Math.min(most, Math.max(0, random() < 0.5 ? near : Math.round(most * random() ** 3)));
  }
  return changed;
}

/** The dimensions that are not zero. */
export function describe(plan: Plan): string {
  return Object.entries(plan)
    .filter(([, value]) => value !== 0)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
}

const times = (count: number, write: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => write(index)).join(' ');

/** The document, whose operation `Q` is to be run. */
export function toDocument(plan: Plan): string {
  const kinds: readonly (readonly [number, string, readonly string[], (inner: string) => string])[] = [
    [plan.me, 'me', ['id', 'email', 'roles', 'isActive', 'createdAt', 'lastLoginAt'], (inner) => inner],
    [
      plan.sessions,
      'sessions',
      ['id', 'createdAt', 'lastUsedAt', 'expiresAt', 'userAgent', 'ipAddress', 'isCurrent'],
      (inner) => inner,
    ],
    [
      plan.events,
      `securityEvents(first: ${plan.first}${plan.blob === 0 ? '' : `, after: "${'x'.repeat(plan.blob)}"`})`,
      ['id', 'type', 'createdAt', 'sessionId', 'cause', 'userAgent', 'ipAddress'],
      (inner) => `edges { cursor node { ${inner} } }`,
    ],
    [plan.token, 'currentToken', ['id', 'type', 'userId', 'sessionId', 'roles'], (inner) => inner],
  ];
  const directives = times(plan.directives, () => '@include(if: true)');
  const selection = (leaves: readonly string[]) => {
    const inner = `${leaves.join(' ')} ${times(plan.repeats, (index) => leaves[index % leaves.length] ?? '')}
      ${times(plan.aliases, (index) => `a${index}: ${leaves[index % leaves.length]}`)}`;
    return `${times(plan.wraps, () => '... {')} ${inner} ${times(plan.wraps, () => '}')}`;
  };
  const roots = kinds.map(([count, field, leaves, nest], kind) =>
    times(count, (index) => {
      const alias = plan.named === 0 ? '' : `r${kind}x${index}:`;
      return `${alias} ${field} ${directives} { ${nest(selection(leaves))} }`;
    }),
  );
  const body = `${roots.join(' ')} ${times(plan.typename, () => '__typename')} ${times(plan.unknown, (index) => `f${index}`)}
    ${times(plan.conflicts, (index) => `c: me { id c${index}: id } c: sessions { id }`)}`;
  const content = body.trim() === '' ? '__typename' : body;
  const variables = times(plan.variables, (index) => `$v${index}: Int = 1`);
  const head = variables === '' ? 'query Q' : `query Q(${variables})`;
  const others = times(Math.max(0, plan.operations - 1), (index) => `query O${index} { __typename }`);
  if (plan.chain === 0 && plan.spreads === 0) return `${head} { ${content} } ${others}`;
  const spread = (index: number) => times(Math.max(1, index === 0 ? plan.spreads : 1), () => `...F${index}`);
  const chain = times(plan.chain, (index) => `fragment F${index} on Query { ${spread(index + 1)} }`);
  return `${head} { ${spread(0)} } ${chain} fragment F${plan.chain} on Query { ${content} } ${others}`;
}
