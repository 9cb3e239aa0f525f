import { Migration } from '@mikro-orm/migrations';

export class Migration20261122052524_delivery extends Migration {
  override name = 'Migration20261122052524_delivery';

  override up(): void | Promise<void> {
    this.addSql(`alter table \`auth_session\` add column \`delivery\` text not null default 'BODY';`);
  }

  override down(): void | Promise<void> {
    this.addSql(`alter table \`auth_session\` drop column \`delivery\`;`);
  }
}
