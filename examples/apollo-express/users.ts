/** The users of this host: a table of its own, plain SQL, integer ids, and hashes that another program made. */
import { DatabaseSync } from 'node:sqlite';
import type { HostUser, HostUsers } from 'graphql-simplejwt';

export interface Person {
  readonly id: number;
  readonly name: string;
}

interface PersonRow extends Person {
  readonly login: string;
  readonly password_hash: string;
  readonly role: string;
  readonly is_active: number;
  readonly created_at: string;
}

export interface Note {
  readonly id: number;
  readonly text: string;
}

function toUser(row: PersonRow | undefined): HostUser<Person> | null {
  if (row === undefined) return null;
  return {
    id: row.id,
    stamp: row.created_at,
    roles: [row.role],
    isActive: row.is_active === 1,
    passwordHash: row.password_hash,
    user: { id: row.id, name: row.name },
  };
}

export function openTables(file: string) {
  const database = new DatabaseSync(file);
  database.exec(`
    pragma journal_mode = wal;
    create table if not exists person (
      id integer primary key, login text unique, name text, password_hash text,
      role text, is_active integer default 1, created_at text default current_timestamp
    );
    create table if not exists note (id integer primary key, person_id integer, text text);
    insert or ignore into person (id, login, name, password_hash, role) values
      (1, 'ada', 'Ada', '$2b$10$yrZSsO4cLHPKe94haePE/u5z25Qlj8BFQMj1J4rZhy9Mz9vsH4Wze', 'EDITOR');
  `);
  const find = (column: 'id' | 'login', value: string | number) =>
    toUser(database.prepare(`select * from person where ${column} = ?`).get(value) as PersonRow | undefined);

  return {
    users: {
      findById: async (id) => find('id', Number(id)),
      findByLogin: async (login) => find('login', login),
    } satisfies HostUsers<Person>,
    setRole: (id: number, role: string) => database.prepare('update person set role = ? where id = ?').run(role, id),
    notesOf: (personId: string) =>
      database
        .prepare('select id, text from note where person_id = ? order by id')
        .all(Number(personId)) as unknown as Note[],
    addNote(personId: string, text: string): Note {
      const { lastInsertRowid } = database
        .prepare('insert into note (person_id, text) values (?, ?)')
        .run(Number(personId), text);
      return { id: Number(lastInsertRowid), text };
    },
    close: () => database.close(),
  };
}
