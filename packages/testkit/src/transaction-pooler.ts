import { createServer, type Socket } from 'node:net';
import pg from 'pg';

/** A pooler as PgBouncer is in transaction mode, small: it lends a server session for one transaction. */
export interface TransactionPooler {
  readonly port: number;
  close(): Promise<void>;
}

/** Bytes of a message before its contents: type and length. */
const headerBytes = 5;
const readyForQuery = 'Z'.charCodeAt(0);
const idle = 'I'.charCodeAt(0);
const terminate = 'X'.charCodeAt(0);

/** A server session of the pool, with whom it serves at the moment. */
interface Session {
  readonly socket: Socket;
  client: Socket | undefined;
}

/**
 * Starts a pooler before a database. Each client is told a made-up process id, and each of its transactions runs in the
 * session that was used last, as PgBouncer does.
 */
export async function startTransactionPooler(url: string): Promise<TransactionPooler> {
  const free: Session[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    sockets.add(client);
    client.on('error', () => {});
    client.once('data', () => {
      client.write(greeting());
      client.on('data', (bytes) => void pass(client, bytes));
    });
  });
  const lent = new Map<Socket, Session>();

  async function pass(client: Socket, bytes: Buffer): Promise<void> {
    if (bytes[0] === terminate) return void client.end();
    let session = lent.get(client);
    if (session === undefined) {
      // Reserved before anything is awaited, so that two clients never get the same one.
      session = free.pop() ?? (await openSession());
      session.client = client;
      lent.set(client, session);
    }
    session.socket.write(bytes);
  }

  async function openSession(): Promise<Session> {
    // The driver logs in; from then on its socket is ours.
    const driver = new pg.Client({ connectionString: url });
    await driver.connect();
    const socket = (driver as unknown as { connection: { stream: Socket } }).connection.stream;
    socket.removeAllListeners();
    socket.on('error', () => {});
    sockets.add(socket);
    const session: Session = { socket, client: undefined };
    forEachMessage(socket, (message) => {
      session.client?.write(message);
      if (session.client === undefined || message[0] !== readyForQuery || message[headerBytes] !== idle) return;
      lent.delete(session.client);
      session.client = undefined;
      free.push(session);
    });
    return session;
  }

  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
  });
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function forEachMessage(socket: Socket, use: (message: Buffer) => void): void {
  let rest: Buffer = Buffer.alloc(0);
  socket.on('data', (bytes: Buffer) => {
    rest = Buffer.concat([rest, bytes]);
    while (rest.length >= headerBytes && rest.length > rest.readInt32BE(1)) {
      const length = rest.readInt32BE(1) + 1;
      use(rest.subarray(0, length));
      rest = rest.subarray(length);
    }
  });
}

/** Authentication done, a made-up process id and key, ready. */
function greeting(): Buffer {
  const bytes = Buffer.alloc(9 + 13 + 6);
  bytes.write('R', 0);
  bytes.writeInt32BE(8, 1);
  bytes.write('K', 9);
  bytes.writeInt32BE(12, 10);
  bytes.writeInt32BE(2_000_000_000, 14);
  bytes.write('Z', 22);
  bytes.writeInt32BE(5, 23);
  bytes.write('I', 27);
  return bytes;
}
