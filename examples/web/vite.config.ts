import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const kit = (file: string) => fileURLToPath(new URL(`../../client/src/${file}`, import.meta.url));

export default defineConfig({
  root: import.meta.dirname,
  resolve: {
    // The sources of the kit in this repository. Your own app imports the package and does not need this.
    alias: [
      { find: /^graphql-simplejwt-client$/, replacement: kit('index.ts') },
      { find: /^graphql-simplejwt-client\/apollo$/, replacement: kit('apollo.ts') },
    ],
    dedupe: ['@apollo/client', 'graphql', 'rxjs'],
  },
  server: {
    host: '127.0.0.1',
    port: 5173,
    // The page and the API have one origin, so cookies need no further settings.
    proxy: { '/graphql': 'http://127.0.0.1:4000' },
  },
});
