import { Migration } from '@mikro-orm/migrations';

export class Migration20261122044142 extends Migration {
  override name = 'Migration20261122044142';

  override up(): void | Promise<void> {
    this.addSql(
      `create table \`auth_blacklisted_token\` (\`id\` text not null primary key, \`jti\` text not null, \`session_id\` text not null, \`reason\` text not null, \`blacklisted_at\` datetime not null, \`expires_at\` datetime not null);`,
    );
    this.addSql(`create unique index \`auth_blacklisted_token_jti_unique\` on \`auth_blacklisted_token\` (\`jti\`);`);
    this.addSql(
      `create index \`auth_blacklisted_token_expires_at_index\` on \`auth_blacklisted_token\` (\`expires_at\`);`,
    );
    this.addSql(
      `create index \`auth_blacklisted_token_blacklisted_at_index\` on \`auth_blacklisted_token\` (\`blacklisted_at\`) where reason <> 'ROTATED';`,
    );

    this.addSql(
      `create table \`auth_user\` (\`id\` text not null primary key, \`email\` text not null, \`password_hash\` text not null, \`roles\` json not null, \`token_version\` integer not null default 0, \`created_at\` datetime not null, \`last_login_at\` datetime null);`,
    );
    this.addSql(`create unique index \`auth_user_email_unique\` on \`auth_user\` (\`email\`);`);

    this.addSql(
      `create table \`auth_session\` (\`id\` text not null primary key, \`user_id\` text not null, \`refresh_jti\` text not null, \`refresh_key_id\` text not null, \`refresh_issued_at\` datetime not null, \`refresh_expires_at\` datetime not null, \`expires_at\` datetime null, \`previous_refresh_jti\` text null, \`retry_key_hash\` text null, \`created_at\` datetime not null, \`user_agent\` text null, \`ip_address\` text null, \`ended_at\` datetime null, \`end_reason\` text null, constraint \`auth_session_user_id_foreign\` foreign key (\`user_id\`) references \`auth_user\` (\`id\`) on delete cascade);`,
    );
    this.addSql(`create index \`auth_session_user_id_index\` on \`auth_session\` (\`user_id\`);`);
  }
}
