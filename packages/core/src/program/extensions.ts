import { placeVariables } from '../flow/scope.ts';
import type { JsonObject } from '../json.ts';
import { isObject } from '../json.ts';
import { defined, escapePointer } from './compiling.ts';
import type { CompiledExtension, Compiling } from './compiling.ts';
import { compileField } from './expression.ts';
import type { TaskList, TaskNode } from './nodes.ts';

/**
 * Puts the extensions that hold for a task around it, the first of them outermost. The task keeps its pointer; what stands
 * around it has that pointer with the extension's behind a `#`.
 */
export function extended(c: Compiling, node: TaskNode): TaskNode {
  const around = extensionsOf(c).filter(({ extend }) => extend === 'all' || kindsOf(node).includes(extend));
  if (around.length === 0) {
    c.nodes.set(node.step, node);
    return node;
  }
  const { condition, ...task } = node;
  // Its own `if` is asked before the extensions are.
  let inner: TaskNode = task;
  c.nodes.set(inner.step, inner);
  for (const extension of around.toReversed()) {
    const { name, i, definition, then, contract } = node;
    const { when, before, after } = extension;
    inner = {
      ...{ name, i, definition, then, contract, before, after, target: node },
      step: `${node.step}#${extension.pointer}`,
      kind: 'extended',
      inner: { tasks: [{ ...inner, i: 0 }] },
      ...defined('when', when),
    };
    c.nodes.set(inner.step, inner);
  }
  return { ...inner, ...defined('condition', condition) };
}

/** The words of `extend` that mean a task. */
function kindsOf(node: TaskNode): readonly string[] {
  // A subscription is compiled into two steps.
  if (node.kind === 'do' && node.definition['call'] !== undefined) return ['call'];
  if (node.kind === 'do' || node.kind === 'fork') return ['composite'];
  if (node.kind === 'ask') return ['call'];
  // A task that runs a program is compiled into the call of an action.
  return [node.definition['run'] === undefined ? node.kind : 'run'];
}

function extensionsOf(c: Compiling): readonly CompiledExtension[] {
  c.extensions ??= (Array.isArray(c.use['extensions']) ? (c.use['extensions'] as readonly JsonObject[]) : []).flatMap(
    (item, index) =>
      Object.entries(item).map(([name, extension]) =>
        compileExtension(c, isObject(extension) ? extension : {}, `/use/extensions/${index}/${escapePointer(name)}`),
      ),
  );
  return c.extensions;
}

function compileExtension(c: Compiling, extension: JsonObject, pointer: string): CompiledExtension {
  const list = (member: 'before' | 'after'): TaskList =>
    extension[member] === undefined
      ? none
      : c.list(extension[member], { pointer: `${pointer}/${member}`, depth: 1, names: [], bare: true });
  const { when } = extension;
  return {
    pointer,
    extend: String(extension['extend']),
    before: list('before'),
    after: list('after'),
    ...defined(
      'when',
      typeof when === 'string' ? compileField(when, placeVariables.before, `${pointer}/when`) : undefined,
    ),
  };
}

const none: TaskList = { tasks: [] };
