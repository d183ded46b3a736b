import { openBook } from './book.ts';
import type { LedgerTask } from './ledger.ts';
import { portOf, serveBook } from './server.ts';

/*
 * The process of a ledger: its one argument is a LedgerTask; it prints its port on a line and serves until its standard
 * input ends, so that it never outlives the process that started it.
 */
const task = JSON.parse(process.argv[2] ?? '') as LedgerTask;
const book = openBook(task.file);
const server = await serveBook(book, task.port, task.behaviour);
process.stdout.write(`${portOf(server)}\n`);
process.stdin.resume();
process.stdin.once('end', () => process.exit(0));
