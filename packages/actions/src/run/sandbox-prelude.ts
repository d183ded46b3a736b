/**
 * The world of a script, made inside of the sandbox out of one JSON text and two functions. A function expression of
 * the sandbox's language: nothing in it can name anything outside.
 */
export const prelude = `(function (given, write, stop) {
  const { names, list, stdin, environment } = JSON.parse(given);
  const shown = (value) => {
    if (typeof value === 'string') return value;
    if (value instanceof Error) return value.stack ? value + '\\n' + value.stack.trimEnd() : String(value);
    if (typeof value !== 'object' || value === null) return typeof value === 'bigint' ? value + 'n' : String(value);
    try { return JSON.stringify(value) ?? String(value); } catch { return String(value); }
  };
  const line = (fd) => (...values) => write(fd, values.map(shown).join(' ') + '\\n');
  const [out, err] = [line(1), line(2)];
  const stream = (fd) => Object.freeze({ fd, write: (text) => (write(fd, String(text)), true) });
  const define = (name, value) => Object.defineProperty(globalThis, name, { value, enumerable: true });
  const exit = (code) => stop(Number(code ?? 0));
  define('console', Object.freeze({ log: out, info: out, debug: out, warn: err, error: err }));
  define('stdin', stdin);
  define('environment', Object.freeze(environment));
  define('arguments', Object.freeze(names ?? list));
  define('exit', exit);
  define('process', Object.freeze({
    argv: Object.freeze(['node', 'script.js', ...list]), env: environment, exit,
    stdin: Object.freeze({ fd: 0 }), stdout: stream(1), stderr: stream(2),
  }));
  for (const name of Object.keys(names ?? {})) if (!(name in globalThis)) define(name, names[name]);
})`;

/** The modules that a script can import, by name: the parts of Node's that read its standard input. */
export const sandboxModules: Readonly<Record<string, string>> = {
  fs: `
    export const readFileSync = (file) => {
      if (file === 0 || file === '/dev/stdin') return globalThis.stdin;
      throw new Error('A script reads no files: only its standard input, readFileSync(0).');
    };
    export default { readFileSync };`,
  process: `export default globalThis.process; export const { argv, env, exit, stdin, stdout, stderr } = globalThis.process;`,
};
