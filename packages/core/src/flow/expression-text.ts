/** The text of one jq expression, and where it begins within the string that it was found in (UTF-16 offset). */
export interface ExpressionText {
  readonly source: string;
  readonly offset: number;
}

/** A piece of an interpolated string. */
export type TextPart = string | ExpressionText;

/** What a string in a value position is. */
export type ScannedText =
  | {
      readonly kind: 'literal';
      readonly text: string /** Where a `${` begins that is never closed. */;
      readonly unclosed?: number;
    }
  | ({ readonly kind: 'expression' } & ExpressionText)
  /** Pawl's extension: the pieces are joined to one string, each value as jq's `tostring` gives it. */
  | { readonly kind: 'interpolation'; readonly parts: readonly TextPart[] };

/**
 * What a string in a value position is: one `${…}` around everything (white space aside) is an expression; several
 * spans, or a span with other text, are an interpolation; anything else stands for itself. Braces inside jq strings,
 * comments and objects do not end a span.
 */
export function scanText(text: string): ScannedText {
  let open = text.indexOf('${');
  if (open < 0) return { kind: 'literal', text };
  const parts: TextPart[] = [];
  let done = 0;
  while (open >= 0) {
    const close = spanEnd(text, open + 2);
    if (close === undefined) return unclosedText(text, open);
    if (open > done) parts.push(text.slice(done, open));
    parts.push({ source: text.slice(open + 2, close), offset: open + 2 });
    done = close + 1;
    open = text.indexOf('${', done);
  }
  if (done < text.length) parts.push(text.slice(done));
  const spans = parts.filter((part) => typeof part !== 'string');
  const only = spans[0];
  const alone = spans.length === 1 && parts.every((part) => typeof part !== 'string' || part.trim() === '');
  return only !== undefined && alone ? { kind: 'expression', ...only } : { kind: 'interpolation', parts };
}

/** The jq of a field that only takes expressions: the `${ }` around it is optional. */
export function expressionOf(text: string): ExpressionText {
  const scanned = scanText(text);
  return scanned.kind === 'expression'
    ? { source: scanned.source, offset: scanned.offset }
    : { source: text, offset: 0 };
}

/**
 * A string with a `${` that nothing closes. Where the author clearly meant one expression (it begins with `${` and ends
 * with a brace), it is one, so that its syntax error is found instead of the text being sent as it stands.
 */
function unclosedText(text: string, open: number): ScannedText {
  const meant = text.slice(0, open).trim() === '' && text.trimEnd().endsWith('}');
  if (!meant) return { kind: 'literal', text, unclosed: open };
  return { kind: 'expression', source: text.slice(open + 2, text.trimEnd().length - 1), offset: open + 2 };
}

/**
 * Index of the brace that closes a span whose inside begins at `from`. jq is read just well enough: strings with their
 * escapes and `\( )` insertions, comments, braces and parentheses. The stack holds what is open.
 */
function spanEnd(text: string, from: number): number | undefined {
  const open: ('{' | '(' | '"')[] = ['{'];
  for (let i = from; i < text.length; i++) {
    const char = text[i];
    if (open.at(-1) === '"') {
      if (char === '"') open.pop();
      else if (char === '\\' && text[++i] === '(') open.push('(');
    } else if (char === '"' || char === '{' || char === '(') {
      open.push(char);
    } else if (char === '}' || char === ')') {
      if (open.at(-1) === (char === '}' ? '{' : '(')) open.pop();
      if (open.length === 0) return i;
    } else if (char === '#') {
      const end = text.indexOf('\n', i);
      if (end < 0) return undefined;
      i = end;
    }
  }
  return undefined;
}
