import { Migration } from '@mikro-orm/migrations';

export class Migration20261122045448 extends Migration {
  override name = 'Migration20261122045448';

  override up(): void | Promise<void> {
    this.addSql(
      `create table "auth_blacklisted_token" ("id" uuid not null, "jti" uuid not null, "session_id" uuid not null, "reason" varchar(32) not null, "blacklisted_at" timestamptz(3) not null, "expires_at" timestamptz(3) not null, primary key ("id"));`,
    );
    this.addSql(
      `alter table "auth_blacklisted_token" add constraint "auth_blacklisted_token_jti_unique" unique ("jti");`,
    );
    this.addSql(`create index "auth_blacklisted_token_expires_at_index" on "auth_blacklisted_token" ("expires_at");`);
    this.addSql(
      `create index "auth_blacklisted_token_blacklisted_at_index" on "auth_blacklisted_token" ("blacklisted_at") where reason <> 'ROTATED';`,
    );

    this.addSql(
      `create table "auth_user" ("id" uuid not null, "email" varchar(254) not null, "password_hash" varchar(60) not null, "roles" jsonb not null, "token_version" int not null default 0, "created_at" timestamptz(3) not null, "last_login_at" timestamptz(3) null, primary key ("id"));`,
    );
    this.addSql(`alter table "auth_user" add constraint "auth_user_email_unique" unique ("email");`);

    this.addSql(
      `create table "auth_session" ("id" uuid not null, "user_id" uuid not null, "refresh_jti" uuid not null, "refresh_key_id" varchar(128) not null, "refresh_issued_at" timestamptz(3) not null, "refresh_expires_at" timestamptz(3) not null, "expires_at" timestamptz(3) null, "previous_refresh_jti" uuid null, "retry_key_hash" varchar(64) null, "created_at" timestamptz(3) not null, "user_agent" varchar(255) null, "ip_address" varchar(45) null, "ended_at" timestamptz(3) null, "end_reason" varchar(32) null, primary key ("id"));`,
    );
    this.addSql(`create index "auth_session_user_id_index" on "auth_session" ("user_id");`);

    this.addSql(
      `alter table "auth_session" add constraint "auth_session_user_id_foreign" foreign key ("user_id") references "auth_user" ("id") on delete cascade;`,
    );
  }
}
