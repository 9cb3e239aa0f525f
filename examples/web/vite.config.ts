import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const kit = (file: string) => fileURLToPath(new URL(`../../client/src/${file}`, import.meta.url));

export default defineConfig({
  root: import.meta.dirname,
  resolve: {
    // The kit as it stands beside us, not built. An app of your own has it from npm and needs none of this.
    alias: [
      { find: /^graphql-simplejwt-client$/, replacement: kit('index.ts') },
      { find: /^graphql-simplejwt-client\/apollo$/, replacement: kit('apollo.ts') },
    ],
    dedupe: ['@apollo/client', 'graphql', 'rxjs'],
  },
  server: {
    host: '127.0.0.1',
    port: 5173,
    // Page and API are one origin, so that cookies need no further settings.
    proxy: { '/graphql': 'http://127.0.0.1:4000' },
  },
});
