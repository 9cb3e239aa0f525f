import { Migration } from '@mikro-orm/migrations';

export class Migration20261122052526_delivery extends Migration {
  override name = 'Migration20261122052526_delivery';

  override up(): void | Promise<void> {
    this.addSql(`alter table "auth_session" add "delivery" varchar(16) not null default 'BODY';`);
  }

  override down(): void | Promise<void> {
    this.addSql(`alter table "auth_session" drop column "delivery";`);
  }
}
