import { databaseOptions } from './server/src/database/open-database.ts';
import { authEntities } from './src/entities.ts';

export default await databaseOptions(process.env['DATABASE_URL'] ?? 'sqlite:./data/auth.db', authEntities);
