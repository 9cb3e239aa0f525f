const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
// Older versions load some of our dependencies, and end without a message.
if (major < 22 || (major === 22 && minor < 17))
  throw new Error(
    `graphql-simplejwt needs Node 22.17 or newer, and this is ${process.versions.node}. See https://nodejs.org/en/download.`,
  );
