import { databaseOptions } from './server/src/database/open-database.ts';
import { authEntities } from './src/entities.ts';

const options = await databaseOptions(process.env['DATABASE_URL'] ?? 'sqlite:./data/auth.db', authEntities);

// The command line works on the files of the migrations.
const { migrationsList: _list, ...migrations } = options.migrations ?? {};

export default { ...options, migrations };
