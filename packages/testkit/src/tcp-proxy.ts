import { connect, createServer, type Server, type Socket } from 'node:net';

/** A TCP proxy that breaks connections at chosen moments. */
export interface TcpProxy {
  readonly port: number;
  /**
   * Breaks the connection of the client whose next bytes contain `text`: before they are passed on, or after, in which
   * case the server gets them and its reply is lost. Resolves when it has happened.
   */
  breakAt(text: string, when: 'before' | 'after'): Promise<void>;
  /**
   * Passes on half of the client's next bytes that contain `text`, and holds the rest and all that follows on this
   * connection. Resolves when it has happened, with what lets the rest go.
   */
  holdHalfAt(text: string): Promise<() => void>;
  /** Breaks all connections that are open; `'silently'`: the server believes that its clients are still there. */
  breakAll(how?: 'silently'): void;
  /** New connections go to another server. */
  redirect(target: { readonly host: string; readonly port: number }): void;
  /** Refuses new connections, or takes them again. */
  refuse(refused: boolean): void;
  close(): Promise<void>;
}

interface Trap {
  readonly text: string;
  readonly when: 'before' | 'after' | 'half';
  readonly sprung: (release: () => void) => void;
}

interface State {
  target: { readonly host: string; readonly port: number };
  readonly clients: Set<Socket>;
  readonly upstreams: Set<Socket>;
  readonly traps: Trap[];
  refused: boolean;
  /** Connections that end now leave the server in the dark. */
  silent: boolean;
}

/** Starts a proxy on a free port of 127.0.0.1 before a server. */
export async function startTcpProxy(target: { readonly host: string; readonly port: number }): Promise<TcpProxy> {
  const state: State = {
    target,
    clients: new Set(),
    upstreams: new Set(),
    traps: [],
    refused: false,
    silent: false,
  };
  const server = createServer((client) => {
    if (state.refused) client.destroy();
    else forward(client, state);
  });
  const port = await listen(server);
  return {
    port,
    breakAt: (text, when) => new Promise((resolve) => state.traps.push({ text, when, sprung: () => resolve() })),
    holdHalfAt: (text) => new Promise((sprung) => state.traps.push({ text, when: 'half', sprung })),
    redirect(other) {
      state.target = other;
    },
    breakAll(how) {
      state.silent = how === 'silently';
      for (const client of state.clients) client.destroy();
      // Their `close` events come later; those of connections made from now on are passed on.
      setImmediate(() => setImmediate(() => (state.silent = false)));
    },
    refuse(value) {
      state.refused = value;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of [...state.clients, ...state.upstreams]) socket.destroy();
      }),
  };
}

function forward(client: Socket, state: State): void {
  const { clients, upstreams, traps } = state;
  const upstream = connect(state.target);
  clients.add(client);
  upstreams.add(upstream);
  client.on('error', () => {});
  upstream.on('error', () => {});
  /** What is held back on this connection. */
  let held: Buffer[] | undefined;
  const release = (): void => {
    for (const bytes of held ?? []) upstream.write(bytes);
    held = undefined;
  };
  client.on('data', (bytes) => {
    if (held !== undefined) {
      held.push(bytes);
      return;
    }
    const trap = traps.find(({ text }) => bytes.includes(text));
    if (trap === undefined) {
      upstream.write(bytes);
      return;
    }
    traps.splice(traps.indexOf(trap), 1);
    if (trap.when === 'half') {
      const half = Math.ceil(bytes.length / 2);
      upstream.write(bytes.subarray(0, half));
      held = [bytes.subarray(half)];
    } else {
      // Half-closed, so that the server reads all of it and finds nobody to answer.
      if (trap.when === 'after') upstream.end(bytes);
      client.destroy();
    }
    trap.sprung(release);
  });
  upstream.on('data', (bytes) => client.write(bytes));
  client.on('close', () => {
    clients.delete(client);
    if (!state.silent) upstream.end();
  });
  upstream.on('close', () => {
    upstreams.delete(upstream);
    client.destroy();
  });
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
  });
}
