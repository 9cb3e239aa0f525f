import { v7 } from 'uuid';
import { EndedSessions } from '../src/blacklist/ended-sessions.ts';

const COUNT = 20_000;
const newIds = (count: number) => Array.from({ length: count }, () => v7());

test('the memory of ended sessions holds what was added, and nothing else, however many come', () => {
  const ended = new EndedSessions();
  const [added, others] = [newIds(COUNT), newIds(COUNT)];
  for (const id of added) ended.add(id, 0);
  expect(added.filter((id) => !ended.has(id))).toEqual([]);
  expect(others.filter((id) => ended.has(id))).toEqual([]);
});

test('the memory of ended sessions tells ids apart that differ in one digit', () => {
  const ended = new EndedSessions();
  const id = '01980000-1234-7abc-8def-0123456789ab';
  ended.add(id, 0);
  const positions = Array.from(id, (_, index) => index).filter((index) => id[index] !== '-');
  // The digit of the version is 7 in every id.
  for (const index of positions.filter((position) => position !== 14)) {
    const other = `${id.slice(0, index)}${id[index] === '9' ? 'f' : '9'}${id.slice(index + 1)}`;
    expect({ other, has: ended.has(other) }).toEqual({ other, has: false });
  }
  expect(ended.has(id)).toBe(true);
});

test('the memory of ended sessions holds many whose ids end alike', () => {
  const ended = new EndedSessions();
  const ids = Array.from({ length: 1_000 }, (_, number) => `${10_000_000 + number}-1234-7abc-8def-0123456789ab`);
  for (const id of ids.slice(0, 500)) ended.add(id, 0);
  expect(ids.filter((id) => ended.has(id))).toEqual(ids.slice(0, 500));
});

test('the memory of ended sessions forgets those that were not seen for long, and no other', async () => {
  const ended = new EndedSessions();
  const ids = newIds(COUNT);
  for (const [index, id] of ids.entries()) ended.add(id, index % 10);
  const seenAgain = ids.filter((_, index) => index % 10 === 3);
  for (const id of seenAgain) ended.add(id, 10);
  await ended.forget(5);
  const expected = ids.filter((_, index) => index % 10 === 3 || index % 10 >= 5);
  expect(ids.filter((id) => ended.has(id))).toEqual(expected);
  await ended.forget(11);
  expect(ids.filter((id) => ended.has(id))).toEqual([]);
  ended.add(ids[0]!, 12);
  expect(ids.filter((id) => ended.has(id))).toEqual([ids[0]]);
});

test('what ends while the memory of ended sessions forgets is not forgotten', async () => {
  const ended = new EndedSessions();
  for (const id of newIds(COUNT)) ended.add(id, 0);
  const forgetting = ended.forget(5);
  const late = newIds(COUNT);
  for (const id of late) ended.add(id, 6);
  await forgetting;
  expect(late.filter((id) => !ended.has(id))).toEqual([]);
});
