import { Migration } from '@mikro-orm/migrations';

export class Migration20261127000000_initial extends Migration {

  override name = 'Migration20261127000000_initial';

  override up(): void | Promise<void> {
    this.addSql(`create table "simplejwt_blacklisted_token" ("jti" uuid not null, "session_id" uuid not null, "reason" varchar(32) not null, "blacklisted_at" timestamptz(3) not null, "expires_at" timestamptz(3) not null, primary key ("jti"));`);
    this.addSql(`create index "simplejwt_blacklisted_token_expires_at_index" on "simplejwt_blacklisted_token" ("expires_at");`);
    this.addSql(`create index "simplejwt_blacklisted_token_blacklisted_at_index" on "simplejwt_blacklisted_token" ("blacklisted_at") where "reason" != 'ROTATED';`);

    this.addSql(`create table "simplejwt_mail" ("id" uuid not null, "purpose" varchar(32) not null, "email" varchar(254) not null, "user_id" uuid null, "session_id" uuid null, "language" varchar(35) null, "attempts" int not null default 0, "last_error" varchar(255) null, "next_attempt_at" timestamptz(3) not null, "expires_at" timestamptz(3) not null, primary key ("id"));`);
    this.addSql(`create index "simplejwt_mail_next_attempt_at_index" on "simplejwt_mail" ("next_attempt_at");`);

    this.addSql(`create table "simplejwt_one_time_code" ("id" uuid not null, "purpose" varchar(32) not null, "user_id" uuid not null, "token_version" int not null, "email" varchar(254) null, "session_id" uuid null, "tries" int not null default 0, "expires_at" timestamptz(3) not null, "used_at" timestamptz(3) null, primary key ("id"));`);
    this.addSql(`create index "simplejwt_one_time_code_user_id_index" on "simplejwt_one_time_code" ("user_id");`);
    this.addSql(`create index "simplejwt_one_time_code_email_index" on "simplejwt_one_time_code" ("email");`);
    this.addSql(`create index "simplejwt_one_time_code_expires_at_index" on "simplejwt_one_time_code" ("expires_at");`);

    this.addSql(`create table "simplejwt_rate_limit" ("id" varchar(64) not null, "tries" int not null default 0, "until" double precision not null, "expires_at" timestamptz(3) not null, primary key ("id"));`);
    this.addSql(`create index "simplejwt_rate_limit_expires_at_index" on "simplejwt_rate_limit" ("expires_at");`);

    this.addSql(`create table "simplejwt_security_event" ("id" uuid not null, "type" varchar(32) not null, "user_id" uuid null, "session_id" uuid null, "cause" varchar(32) null, "user_agent" varchar(255) null, "ip_address" varchar(45) null, "created_at" timestamptz(3) not null, primary key ("id"));`);
    this.addSql(`create index "simplejwt_security_event_created_at_index" on "simplejwt_security_event" ("created_at");`);
    this.addSql(`create index "simplejwt_security_event_user_id_created_at_id_index" on "simplejwt_security_event" ("user_id", "created_at", "id");`);

    this.addSql(`create table "simplejwt_user" ("id" uuid not null, "email" varchar(254) not null, "password_hash" varchar(201) not null, "roles" jsonb not null, "token_version" int not null default 0, "token_version_raised_at" timestamptz(3) null, "email_verified_at" timestamptz(3) null, "deactivated_at" timestamptz(3) null, "created_at" timestamptz(3) not null, "last_login_at" timestamptz(3) null, primary key ("id"));`);
    this.addSql(`alter table "simplejwt_user" add constraint "simplejwt_user_email_unique" unique ("email");`);
    this.addSql(`create index "simplejwt_user_token_version_raised_at_index" on "simplejwt_user" ("token_version_raised_at");`);
    this.addSql(`create index "simplejwt_user_created_at_id_index" on "simplejwt_user" ("created_at", "id");`);

    this.addSql(`create table "simplejwt_session" ("id" uuid not null, "user_id" uuid not null, "delivery" varchar(16) not null default 'BODY', "refresh_jti" uuid not null, "refresh_key_id" varchar(128) not null, "refresh_issued_at" timestamptz(3) not null, "refresh_expires_at" timestamptz(3) not null, "expires_at" timestamptz(3) null, "previous_refresh_jti" uuid null, "retry_key_hash" varchar(64) null, "created_at" timestamptz(3) not null, "user_agent" varchar(255) null, "ip_address" varchar(45) null, "ended_at" timestamptz(3) null, "end_reason" varchar(32) null, primary key ("id"));`);
    this.addSql(`create index "simplejwt_session_user_id_index" on "simplejwt_session" ("user_id");`);
    this.addSql(`create index "simplejwt_session_refresh_expires_at_index" on "simplejwt_session" ("refresh_expires_at");`);

    this.addSql(`alter table "simplejwt_session" add constraint "simplejwt_session_user_id_foreign" foreign key ("user_id") references "simplejwt_user" ("id") on delete cascade;`);
  }

}
