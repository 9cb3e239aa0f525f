/** NestJS, code first, with our guards: `npm start`. */
import 'reflect-metadata';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { GraphQLModule } from '@nestjs/graphql';
import { makeExecutableSchema, mergeSchemas } from '@graphql-tools/schema';
import { buildAuthModule, guardSchema } from 'graphql-simplejwt';
import { apolloOptions, createApolloContext } from 'graphql-simplejwt/apollo';
import { startAuth } from './auth.js';
import { NotesResolver } from './notes.resolver.js';

const { DATABASE = 'app.db', PORT = '4000' } = process.env;

@Module({
  providers: [NotesResolver],
  imports: [
    GraphQLModule.forRootAsync<ApolloDriverConfig>({
      driver: ApolloDriver,
      async useFactory() {
        const auth = await startAuth(DATABASE, `http://localhost:${PORT}`);
        const ours = makeExecutableSchema(await buildAuthModule(auth));
        return {
          autoSchemaFile: true,
          // Nest's schema and ours, with every guard in force.
          transformSchema: (schema) => guardSchema(mergeSchemas({ schemas: [ours, schema] })),
          context: createApolloContext(auth),
          ...apolloOptions(),
        };
      },
    }),
  ],
})
class AppModule {}

const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
await app.listen(Number(PORT), '127.0.0.1');
console.log(`http://127.0.0.1:${PORT}/graphql`);
