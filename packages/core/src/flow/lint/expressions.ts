import { isObject } from '../../json.ts';
import { isLoose, isTried } from '../loose.ts';
import { expressionOf, scanText } from '../expression-text.ts';
import type { ExpressionText } from '../expression-text.ts';
import { placeVariables, reservedVariables } from '../scope.ts';
import { checkProgram } from './jq.ts';
import { notYet, warn } from './report.ts';
import type { Lint } from './report.ts';
import { textsOf } from './texts.ts';
import type { TextSite } from './texts.ts';

/** Every expression compiles, with the variables of its place; what looks like one and is none is pointed at. */
export function lintExpressions(lint: Lint): void {
  const evaluate = lint.document['evaluate'];
  const loose = isLoose(lint.document);
  if (isObject(evaluate) && evaluate['language'] !== undefined && evaluate['language'] !== 'jq') {
    notYet(lint, '/evaluate/language', `Expressions in ${String(evaluate['language'])} are`, 'write them in jq');
    return;
  }
  for (const site of textsOf(lint.document, lint.sites)) {
    if (site.form === 'expression') lintProgram(lint, site, expressionOf(site.text));
    else if (!loose) lintValue(lint, site);
    else if (scanText(site.text).kind !== 'literal') lintValue(lint, site);
    else lintTried(lint, site);
  }
}

/** In loose mode any text may be an expression, and one that fails stands for itself. */
function lintTried(lint: Lint, site: TextSite): void {
  const { text, path: at } = site;
  if (!/^\s*[a-z_]\w*\s*$/.test(text) || ['true', 'false', 'null'].includes(text.trim()) || !isTried(site)) return;
  warn(
    lint,
    'PAWL_FLOW_EXPRESSION_BARE',
    at,
    `In loose mode this is not the text ${JSON.stringify(text)} but what the function ${text.trim()} of jq gives.`,
    `write \${ ${JSON.stringify(text.trim())} } if the text is meant`,
  );
}

function lintValue(lint: Lint, site: TextSite): void {
  const scanned = scanText(site.text);
  if (scanned.kind === 'expression') return lintProgram(lint, site, scanned);
  if (scanned.kind === 'interpolation') {
    for (const part of scanned.parts) if (typeof part !== 'string') lintProgram(lint, site, part);
    return;
  }
  if (scanned.unclosed !== undefined) {
    warn(
      lint,
      'PAWL_FLOW_EXPRESSION_UNCLOSED',
      site.path,
      'A ${ in this text is never closed, so the text is sent as it stands.',
      'close it with }, also inside of strings and brackets',
    );
  } else if (looksBare(site)) {
    const message = `This is the text ${JSON.stringify(site.text)}, not an expression.`;
    warn(
      lint,
      'PAWL_FLOW_EXPRESSION_BARE',
      site.path,
      message,
      `write \${ ${site.text.trim()} } if the value is meant`,
    );
  }
}

const path = /^\.(?:[A-Za-z_]\w*|\[[^\]]*\])(?:\.[A-Za-z_]\w*|\.?\[[^\]]*\])*$/;
const variable = /^\$([A-Za-z_][A-Za-z0-9_]*)/;

/** Whether a literal reads like `.name` or `$variable`. An address is never taken for one. */
function looksBare({ text, place, names }: TextSite): boolean {
  const trimmed = text.trim();
  const name = variable.exec(trimmed)?.[1];
  return path.test(trimmed) || (name !== undefined && [...placeVariables[place], ...names].includes(name));
}

function lintProgram(lint: Lint, site: TextSite, { source, offset }: ExpressionText): void {
  const checked = source.trim() === '' ? empty : checkProgram(source, [...placeVariables[site.place], ...site.names]);
  if (checked.ok) {
    for (const name of checked.variables)
      if (unbuilt.has(name)) notYet(lint, site.path, `The variable $${name} is`, unbuilt.get(name));
    return;
  }
  const hint = checked.hint ?? hintOf(site, source, checked.message);
  lint.report({
    code: 'PAWL_FLOW_EXPRESSION',
    severity: 'error',
    path: site.path,
    message: `The expression does not compile: ${checked.message}`.replace(/([^.!?])$/, '$1.'),
    ...(hint === undefined ? {} : { hint }),
    within: { source: source.slice(checked.offset), offset: offset + checked.offset },
  });
}

const empty = { ok: false, message: 'it is empty', offset: 0, hint: 'write . for the value as it is' } as const;

/** Variables of the language that have no value yet. */
const unbuilt: ReadonlyMap<string, string> = new Map([['authorization', 'let a connection authenticate the call']]);

function hintOf({ form, place, names }: TextSite, source: string, message: string): string | undefined {
  if (form === 'expression' && source.includes('${'))
    return 'this field takes one expression: write all of it inside of one ${ }';
  const name = /\$([A-Za-z_][A-Za-z0-9_]*)/.exec(message)?.[1];
  if (name === undefined) return undefined;
  if (name === 'output' && place !== 'export')
    return '$output exists in export.as only; elsewhere "." is what a step works on';
  if (name === 'input' && place === 'before')
    return 'the input is still "." here; $input exists once input.from has made it';
  if (reservedVariables.includes(name)) return `$${name} does not exist in this place`;
  return names.length === 0 ? undefined : `tasks around this one give ${names.map((each) => `$${each}`).join(', ')}`;
}
