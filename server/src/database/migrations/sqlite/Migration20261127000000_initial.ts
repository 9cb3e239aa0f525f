import { Migration } from '@mikro-orm/migrations';

export class Migration20261127000000_initial extends Migration {

  override name = 'Migration20261127000000_initial';

  override up(): void | Promise<void> {
    this.addSql(`create table \`simplejwt_blacklisted_token\` (\`jti\` text not null primary key, \`session_id\` text not null, \`reason\` text not null, \`blacklisted_at\` datetime not null, \`expires_at\` datetime not null);`);
    this.addSql(`create index \`simplejwt_blacklisted_token_expires_at_index\` on \`simplejwt_blacklisted_token\` (\`expires_at\`);`);
    this.addSql(`create index \`simplejwt_blacklisted_token_blacklisted_at_index\` on \`simplejwt_blacklisted_token\` (\`blacklisted_at\`) where \`reason\` != 'ROTATED';`);

    this.addSql(`create table \`simplejwt_mail\` (\`id\` text not null primary key, \`purpose\` text not null, \`email\` text not null, \`user_id\` text null, \`session_id\` text null, \`language\` text null, \`attempts\` integer not null default 0, \`last_error\` text null, \`next_attempt_at\` datetime not null, \`expires_at\` datetime not null);`);
    this.addSql(`create index \`simplejwt_mail_next_attempt_at_index\` on \`simplejwt_mail\` (\`next_attempt_at\`);`);

    this.addSql(`create table \`simplejwt_one_time_code\` (\`id\` text not null primary key, \`purpose\` text not null, \`user_id\` text not null, \`token_version\` integer not null, \`email\` text null, \`session_id\` text null, \`tries\` integer not null default 0, \`expires_at\` datetime not null, \`used_at\` datetime null);`);
    this.addSql(`create index \`simplejwt_one_time_code_user_id_index\` on \`simplejwt_one_time_code\` (\`user_id\`);`);
    this.addSql(`create index \`simplejwt_one_time_code_email_index\` on \`simplejwt_one_time_code\` (\`email\`);`);
    this.addSql(`create index \`simplejwt_one_time_code_expires_at_index\` on \`simplejwt_one_time_code\` (\`expires_at\`);`);

    this.addSql(`create table \`simplejwt_rate_limit\` (\`id\` text not null primary key, \`tries\` integer not null default 0, \`until\` double not null, \`expires_at\` datetime not null);`);
    this.addSql(`create index \`simplejwt_rate_limit_expires_at_index\` on \`simplejwt_rate_limit\` (\`expires_at\`);`);

    this.addSql(`create table \`simplejwt_security_event\` (\`id\` text not null primary key, \`type\` text not null, \`user_id\` text null, \`session_id\` text null, \`cause\` text null, \`user_agent\` text null, \`ip_address\` text null, \`created_at\` datetime not null);`);
    this.addSql(`create index \`simplejwt_security_event_created_at_index\` on \`simplejwt_security_event\` (\`created_at\`);`);
    this.addSql(`create index \`simplejwt_security_event_user_id_created_at_id_index\` on \`simplejwt_security_event\` (\`user_id\`, \`created_at\`, \`id\`);`);

    this.addSql(`create table \`simplejwt_user\` (\`id\` text not null primary key, \`email\` text not null, \`password_hash\` text not null, \`roles\` json not null, \`token_version\` integer not null default 0, \`token_version_raised_at\` datetime null, \`email_verified_at\` datetime null, \`deactivated_at\` datetime null, \`created_at\` datetime not null, \`last_login_at\` datetime null);`);
    this.addSql(`create unique index \`simplejwt_user_email_unique\` on \`simplejwt_user\` (\`email\`);`);
    this.addSql(`create index \`simplejwt_user_token_version_raised_at_index\` on \`simplejwt_user\` (\`token_version_raised_at\`);`);
    this.addSql(`create index \`simplejwt_user_created_at_id_index\` on \`simplejwt_user\` (\`created_at\`, \`id\`);`);

    this.addSql(`create table \`simplejwt_session\` (\`id\` text not null primary key, \`user_id\` text not null, \`delivery\` text not null default 'BODY', \`refresh_jti\` text not null, \`refresh_key_id\` text not null, \`refresh_issued_at\` datetime not null, \`refresh_expires_at\` datetime not null, \`expires_at\` datetime null, \`previous_refresh_jti\` text null, \`retry_key_hash\` text null, \`created_at\` datetime not null, \`user_agent\` text null, \`ip_address\` text null, \`ended_at\` datetime null, \`end_reason\` text null, constraint \`simplejwt_session_user_id_foreign\` foreign key (\`user_id\`) references \`simplejwt_user\` (\`id\`) on delete cascade);`);
    this.addSql(`create index \`simplejwt_session_user_id_index\` on \`simplejwt_session\` (\`user_id\`);`);
    this.addSql(`create index \`simplejwt_session_refresh_expires_at_index\` on \`simplejwt_session\` (\`refresh_expires_at\`);`);
  }

}
