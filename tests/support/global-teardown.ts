/** Stops what `global-setup.ts` started. jest asks for a default export. */
export default async function stopSharedPostgres(): Promise<void> {
  await globalThis.sharedPostgres?.stop();
}
