import { Migration } from '@mikro-orm/migrations';

export class Migration20261122051254_accounts extends Migration {
  override name = 'Migration20261122051254_accounts';

  override up(): void | Promise<void> {
    this.addSql(
      `create table \`auth_event\` (\`id\` text not null primary key, \`type\` text not null, \`user_id\` text null, \`session_id\` text null, \`cause\` text null, \`user_agent\` text null, \`ip_address\` text null, \`created_at\` datetime not null);`,
    );
    this.addSql(`create index \`auth_event_created_at_index\` on \`auth_event\` (\`created_at\`);`);
    this.addSql(
      `create index \`auth_event_user_id_created_at_id_index\` on \`auth_event\` (\`user_id\`, \`created_at\`, \`id\`);`,
    );

    this.addSql(`alter table \`auth_user\` add column \`token_version_raised_at\` datetime null;`);
    this.addSql(`alter table \`auth_user\` add column \`deactivated_at\` datetime null;`);
    this.addSql(
      `create index \`auth_user_token_version_raised_at_index\` on \`auth_user\` (\`token_version_raised_at\`);`,
    );
    this.addSql(`create index \`auth_user_created_at_id_index\` on \`auth_user\` (\`created_at\`, \`id\`);`);

    this.addSql(`create index \`auth_session_refresh_expires_at_index\` on \`auth_session\` (\`refresh_expires_at\`);`);
  }

  override down(): void | Promise<void> {
    this.addSql(`drop table if exists \`auth_event\`;`);

    this.addSql(`drop index \`auth_session_refresh_expires_at_index\`;`);

    this.addSql(`drop index \`auth_user_token_version_raised_at_index\`;`);
    this.addSql(`drop index \`auth_user_created_at_id_index\`;`);
    this.addSql(`alter table \`auth_user\` drop column \`token_version_raised_at\`;`);
    this.addSql(`alter table \`auth_user\` drop column \`deactivated_at\`;`);
  }
}
