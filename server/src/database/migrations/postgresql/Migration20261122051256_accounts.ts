import { Migration } from '@mikro-orm/migrations';

export class Migration20261122051256_accounts extends Migration {
  override name = 'Migration20261122051256_accounts';

  override up(): void | Promise<void> {
    this.addSql(
      `create table "auth_event" ("id" uuid not null, "type" varchar(32) not null, "user_id" uuid null, "session_id" uuid null, "cause" varchar(32) null, "user_agent" varchar(255) null, "ip_address" varchar(45) null, "created_at" timestamptz(3) not null, primary key ("id"));`,
    );
    this.addSql(`create index "auth_event_created_at_index" on "auth_event" ("created_at");`);
    this.addSql(
      `create index "auth_event_user_id_created_at_id_index" on "auth_event" ("user_id", "created_at", "id");`,
    );

    this.addSql(
      `alter table "auth_user" add "token_version_raised_at" timestamptz(3) null, add "deactivated_at" timestamptz(3) null;`,
    );
    this.addSql(`create index "auth_user_token_version_raised_at_index" on "auth_user" ("token_version_raised_at");`);
    this.addSql(`create index "auth_user_created_at_id_index" on "auth_user" ("created_at", "id");`);

    this.addSql(`create index "auth_session_refresh_expires_at_index" on "auth_session" ("refresh_expires_at");`);
  }

  override down(): void | Promise<void> {
    this.addSql(`drop table if exists "auth_event" cascade;`);

    this.addSql(`drop index "auth_session_refresh_expires_at_index";`);

    this.addSql(`drop index "auth_user_token_version_raised_at_index";`);
    this.addSql(`drop index "auth_user_created_at_id_index";`);
    this.addSql(`alter table "auth_user" drop column "token_version_raised_at", drop column "deactivated_at";`);
  }
}
