import { type DefineCommand, examples } from '../define-command.ts';

/** `pawl jq`: the expression language of flows, on the command line. */
export const define: DefineCommand = (command, exit) => {
  command
    .usage("[options] 'PROGRAM' < input")
    .argument('[program]', 'the jq program; the input is read from stdin')
    .option('--batch', 'answer lines {"id","program","input"} on stdin with lines {"id","outputs"}, until it ends')
    .addHelpText(
      'after',
      examples({
        "echo '{\"a\":[1,2]}' | pawl jq '.a[] + 1'": 'print each output as JSON on a line',
        'pawl jq --batch < questions.jsonl': 'many programs in one process',
      }),
    )
    .action(async (program: string | undefined, { batch }: { batch?: boolean }) => {
      const jq = await import('../jq/run-jq.ts');
      exit(batch === true ? await jq.runBatch(program) : await jq.runProgram(program));
    });
};
