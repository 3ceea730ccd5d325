// Loaded before the tools (node -r): they are TypeScript, which Node runs by itself from 22.18 on. npm has put such a Node
// into node_modules where there is a package of it for the platform.
if (!process.features.typescript) {
  console.error(`Node 22.18 or later is needed; this is ${process.version}. On Linux, npm ci brings one along.`);
  process.exit(1);
}
