import { createServer } from "node:net";

/** True when a server may listen on the port, on loopback as on all addresses. */
export async function portIsFree(port: number): Promise<boolean> {
  return (await canListen(port, "127.0.0.1")) && (await canListen(port));
}

function canListen(port: number, host?: string): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", () => resolve(false));
    server.listen({ port, ...(host !== undefined && { host }) }, () => server.close(() => resolve(true)));
  });
}
