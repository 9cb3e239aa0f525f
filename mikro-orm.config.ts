import { authEntities } from './src/entities.ts';
import { databaseOptions } from './src/server/open-database.ts';

export default databaseOptions(process.env['DATABASE_URL'] ?? 'sqlite:./data/auth.db', authEntities);
