import type { Answer, AnsweredError } from './graphql-client.ts';

/** The one error of an answer that was refused and holds no data. */
export function errorOf(answer: Answer): AnsweredError {
  const [error, ...others] = answer.errors;
  const isWhole = Object.values(answer.data ?? {}).every((value) => value === null);
  if (error === undefined || others.length > 0 || !isWhole) throw new Error(`Not one refusal: ${answer.text}`);
  return error;
}

/** The code and the reason of an answer that was refused. */
export function refusalOf(answer: Answer): string {
  const { code, reason } = errorOf(answer).extensions;
  return reason === undefined ? code : `${code} ${reason}`;
}

/** How a request for the user's own data ended: `good`, or the reason that the guard gave. */
export function accessOf(answer: Answer): string {
  return answer.data?.me?.id === undefined ? refusalOf(answer) : 'good';
}

/** How many of some answers ended how. */
export function countBy<T>(items: readonly T[], name: (item: T) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of items) counts[name(item)] = (counts[name(item)] ?? 0) + 1;
  return counts;
}
