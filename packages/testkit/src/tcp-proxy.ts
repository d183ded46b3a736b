import { connect, createServer, type Server, type Socket } from 'node:net';

/** A TCP proxy that breaks connections at chosen moments. */
export interface TcpProxy {
  readonly port: number;
  /**
   * Breaks the connection of the client whose next bytes contain `text`: before they are passed on, or after, in which
   * case the server gets them and its reply is lost. Resolves when it has happened.
   */
  breakAt(text: string, when: 'before' | 'after'): Promise<void>;
  /** Breaks all connections that are open; `'silently'`: the server believes that its clients are still there. */
  breakAll(how?: 'silently'): void;
  /** Refuses new connections, or takes them again. */
  refuse(refused: boolean): void;
  close(): Promise<void>;
}

/** Starts a proxy on a free port of 127.0.0.1 before a server. */
export async function startTcpProxy(target: { readonly host: string; readonly port: number }): Promise<TcpProxy> {
  const clients = new Set<Socket>();
  const upstreams = new Set<Socket>();
  let silent = false;
  const traps: { text: string; when: 'before' | 'after'; sprung: () => void }[] = [];
  let refused = false;

  const server = createServer((client) => {
    if (refused) {
      client.destroy();
      return;
    }
    const upstream = connect(target);
    clients.add(client);
    upstreams.add(upstream);
    client.on('error', () => {});
    upstream.on('error', () => {});
    client.on('data', (bytes) => {
      const trap = traps.find(({ text }) => bytes.includes(text));
      if (trap === undefined) {
        upstream.write(bytes);
        return;
      }
      traps.splice(traps.indexOf(trap), 1);
      // Half-closed, so that the server reads all of it and finds nobody to answer.
      if (trap.when === 'after') upstream.end(bytes);
      client.destroy();
      trap.sprung();
    });
    upstream.on('data', (bytes) => client.write(bytes));
    client.on('close', () => {
      clients.delete(client);
      if (!silent) upstream.end();
    });
    upstream.on('close', () => {
      upstreams.delete(upstream);
      client.destroy();
    });
  });
  const port = await listen(server);
  return {
    port,
    breakAt: (text, when) => new Promise((sprung) => traps.push({ text, when, sprung })),
    breakAll(how) {
      silent = how === 'silently';
      for (const client of clients) client.destroy();
      // Their `close` events come later; those of connections made from now on are passed on.
      setImmediate(() => setImmediate(() => (silent = false)));
    },
    refuse(value) {
      refused = value;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of [...clients, ...upstreams]) socket.destroy();
      }),
  };
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
  });
}
