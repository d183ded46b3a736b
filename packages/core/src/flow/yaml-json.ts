import { isAlias, isMap, isScalar, isSeq } from 'yaml';
import type { Alias, Node, Scalar, YAMLMap, YAMLSeq } from 'yaml';
import type { Json } from '../json.ts';
import type { Problem } from '../result.ts';
import { pointerSegment } from '../schema/problems.ts';
import { flowLimits } from './limits.ts';

/** A node of a parsed document, which always knows where it stands. */
export type YamlNode = Node;

/** A document as JSON, what is wrong with it by offset in the text, and what each alias stands for. */
export interface Converted {
  readonly value: Json;
  readonly problems: readonly (Problem & { readonly offset: number })[];
  readonly aliases: ReadonlyMap<Alias, YamlNode>;
}

/** Turns a parsed document into plain JSON. Its nesting is bounded already, apart from what aliases add. */
export function toJson(root: YamlNode): Converted {
  const converter = new Converter();
  const { value } = converter.convert(root, '', 0);
  return { value, problems: converter.problems, aliases: converter.aliases };
}

/** A value with what it costs to repeat it. */
interface Measured {
  readonly value: Json;
  readonly values: number;
  readonly height: number;
}

const nothing: Measured = { value: null, values: 1, height: 0 };

class Converter {
  readonly problems: (Problem & { offset: number })[] = [];
  readonly aliases = new Map<Alias, YamlNode>();
  private readonly anchors = new Map<string, Measured & { readonly node: YamlNode }>();
  private readonly told = { error: 0, warning: 0 };
  private values = 0;
  private full = false;

  convert(node: unknown, path: string, depth: number): Measured {
    if (this.full) return nothing;
    if (isAlias(node)) return this.resolve(node, path, depth);
    this.values++;
    const measured = this.fresh(node, path, depth);
    if (this.values > flowLimits.values)
      this.stop(
        node,
        path,
        `The document has more than ${flowLimits.values} values, each counted as often as an alias repeats it.`,
      );
    const anchor = isMap(node) || isSeq(node) || isScalar(node) ? node.anchor : undefined;
    if (anchor !== undefined) this.anchors.set(anchor, { ...measured, node: node as YamlNode });
    return measured;
  }

  private fresh(node: unknown, path: string, depth: number): Measured {
    if (isMap(node)) return this.map(node, path, depth);
    if (isSeq(node)) return this.list(node, path, depth);
    return isScalar(node) ? { value: this.scalar(node, path), values: 1, height: 0 } : nothing;
  }

  private map(node: YAMLMap, path: string, depth: number): Measured {
    const value = Object.create(null) as Record<string, Json>;
    let values = 1;
    let height = 0;
    for (const { key, value: member } of node.items) {
      const name = this.key(key, path, node);
      if (name === undefined) continue;
      if (Object.hasOwn(value, name)) {
        this.refuse(
          'PAWL_FLOW_DUPLICATE_KEY',
          key,
          path + pointerSegment(name),
          `"${name}" is there twice.`,
          'keep one of them, or rename the other',
        );
        continue;
      }
      const inner = this.convert(member, path + pointerSegment(name), depth + 1);
      value[name] = inner.value;
      values += inner.values;
      height = Math.max(height, inner.height);
    }
    return { value, values, height: height + 1 };
  }

  private list(node: YAMLSeq, path: string, depth: number): Measured {
    const inner = node.items.map((item, index) => this.convert(item, `${path}/${index}`, depth + 1));
    return {
      value: inner.map((each) => each.value),
      values: inner.reduce((sum, each) => sum + each.values, 1),
      height: inner.reduce((most, each) => Math.max(most, each.height), 0) + 1,
    };
  }

  private key(key: unknown, path: string, map: YAMLMap): string | undefined {
    const place = key ?? map;
    if (isScalar(key) && key.value !== null && typeof key.value !== 'object') {
      const name = typeof key.value === 'string' ? key.value : (key.source ?? String(key.value));
      if (name !== '__proto__') return name;
      this.refuse('PAWL_FLOW_KEY', place, path, 'A key must not be "__proto__".', 'use another name');
    } else {
      this.refuse(
        'PAWL_FLOW_KEY',
        place,
        path,
        'A key must be a plain text.',
        'put quotes around it, also around texts that begin with { or [',
      );
    }
    return undefined;
  }

  private scalar(node: Scalar, path: string): Json {
    const { value } = node;
    if (typeof value === 'number') return this.number(node, value, path);
    if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
    this.refuse(
      'PAWL_FLOW_NOT_JSON',
      node,
      path,
      'This value has no form in JSON.',
      'write a text, a number, true, false or null',
    );
    return null;
  }

  private number(node: Scalar, value: number, path: string): Json {
    const source = node.source ?? '';
    if (!Number.isFinite(value)) {
      this.refuse(
        'PAWL_FLOW_NOT_JSON',
        node,
        path,
        `${source} is no number that JSON knows.`,
        'put quotes around it if a text is meant',
      );
      return null;
    }
    if (
      /^[-+]?\d+$/.test(source) &&
      !Number.isSafeInteger(value) &&
      BigInt(source.replace('+', '')) !== BigInt(value)
    ) {
      const message = `${source} has more digits than a number keeps; it becomes ${value}.`;
      this.add(
        {
          code: 'PAWL_FLOW_NUMBER',
          severity: 'warning',
          path,
          message,
          hint: 'put quotes around it if every digit counts',
        },
        node,
      );
    }
    return value;
  }

  private resolve(alias: Alias, path: string, depth: number): Measured {
    const target = this.anchors.get(alias.source);
    if (target === undefined) {
      this.refuse(
        'PAWL_FLOW_ALIAS',
        alias,
        path,
        `*${alias.source} refers to nothing that stands before it.`,
        `mark a value with &${alias.source} first; a value cannot hold itself`,
      );
      return nothing;
    }
    this.values += target.values;
    if (this.values > flowLimits.values)
      this.stop(alias, path, `The aliases of the document repeat more than ${flowLimits.values} values.`);
    else if (depth + target.height > flowLimits.nesting)
      this.stop(
        alias,
        path,
        `The document is nested more than ${flowLimits.nesting} levels deep.`,
        'PAWL_FLOW_TOO_DEEP',
      );
    this.aliases.set(alias, target.node);
    return target;
  }

  private stop(node: unknown, path: string, message: string, code = 'PAWL_FLOW_TOO_LARGE'): void {
    if (!this.full) this.refuse(code, node, path, message, 'write the parts out, or make them smaller');
    this.full = true;
  }

  private refuse(code: string, node: unknown, path: string, message: string, hint: string): void {
    this.add({ code, severity: 'error', path, message, hint }, node);
  }

  private add(problem: Problem, node: unknown): void {
    // Counted by severity, so that many warnings cannot hide an error.
    if (this.told[problem.severity]++ >= flowLimits.problems) return;
    this.problems.push({ ...problem, offset: (node as YamlNode | null)?.range?.[0] ?? 0 });
  }
}
