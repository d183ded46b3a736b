import { PawlError } from '@pawl/core';

const enter = ['\r', '\n', '\u0004'];
const interrupt = '\u0003';
const rubout = ['\u007f', '\b'];

/** Asks for a line on the terminal, without showing what is typed. Throws PAWL_USAGE at Ctrl-C. */
export function askHidden(question: string): Promise<string> {
  const { stdin, stderr } = process;
  stderr.write(question);
  stdin.setRawMode(true);
  stdin.resume();
  stdin.setEncoding('utf8');
  return new Promise((resolve, reject) => {
    let typed: string[] = [];
    const end = (finish: () => void): void => {
      stdin.off('data', onData);
      stdin.setRawMode(false);
      stdin.pause();
      stderr.write('\n');
      finish();
    };
    const onData = (data: string): void => {
      for (const char of data) {
        if (enter.includes(char)) return end(() => resolve(typed.join('')));
        if (char === interrupt) return end(() => reject(new PawlError('PAWL_USAGE', 'Stopped; nothing was changed.')));
        if (rubout.includes(char)) typed = typed.slice(0, -1);
        else typed.push(char);
      }
    };
    stdin.on('data', onData);
  });
}
