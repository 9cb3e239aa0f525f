const swc = {
  jsc: {
    target: 'es2023',
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, useDefineForClassFields: false },
  },
  module: { type: 'es6' },
};

/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/tests/**/*.test.ts', '<rootDir>/client/tests/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': ['@swc/jest', swc] },
  // One copy of the library, or its types are registered twice.
  moduleNameMapper: {
    '^graphql-simplejwt$': '<rootDir>/src/index.ts',
    '^graphql-simplejwt/testing$': '<rootDir>/src/testing.ts',
    '^graphql-simplejwt/(apollo|fastify|yoga)$': '<rootDir>/src/adapters/$1.ts',
  },
  globalSetup: '<rootDir>/tests/support/global-setup.ts',
  globalTeardown: '<rootDir>/tests/support/global-teardown.ts',
  testTimeout: 30_000,
  maxWorkers: 2,
  // A worker keeps the modules of every file that it has run.
  workerIdleMemoryLimit: '1GB',
};
