import { hookEveryStatement } from '../support/driver-faults.ts';
import { commitOfSession, ROTATION } from '../support/rotation-statement.ts';

/**
 * Loaded before the program (`node --import`). Kills the process when a rotation reaches CRASH_POINT for the
 * CRASH_COUNT-th time. The program itself has no hook for this.
 */
const point = process.env['CRASH_POINT'];
let left = Number(process.env['CRASH_COUNT']);

const COMMIT = commitOfSession(process.env['DATABASE_URL'] ?? '');

/** Connections that have a rotation in their open transaction. */
const rotating = new WeakSet<object>();

hookEveryStatement({
  before(sql, connection) {
    if (ROTATION.test(sql)) {
      if (point === 'before-update') strike();
      rotating.add(connection);
    }
    if (COMMIT.test(sql) && point === 'before-commit' && rotating.has(connection)) strike();
  },
  after(sql, connection) {
    if (COMMIT.test(sql) && rotating.delete(connection) && point === 'after-commit') strike();
  },
});

function strike(): void {
  left -= 1;
  if (left === 0) process.kill(process.pid, 'SIGKILL');
}
