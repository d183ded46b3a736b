// The fields of a question: made from its JSON Schema, read as the data of an answer, and marked where the server refuses them.
import { element } from './element.js';

let made = 0;

/** Fields for a form; `form` null: none. */
export function askFields(form) {
  const fields = form === null ? [] : isRecord(form) ? fieldsOf(form) : [wholeField(form)];
  const node = element('fieldset', { className: 'fields', hidden: fields.length === 0 }, ...fields.map(({ node }) => node));
  return {
    node,
    /** What is filled in; undefined: nothing is asked for. Throws where a field holds no JSON. */
    read() {
      for (const field of fields) field.mark('');
      if (form === null) return undefined;
      if (!isRecord(form)) return fields[0].read();
      const entries = fields.map(({ name, read }) => [name, read()]).filter(([, value]) => value !== undefined);
      return Object.fromEntries(entries);
    },
    /** Marks the fields that are refused. False: the problems are of no field here. */
    mark(problems) {
      const wrong = fields.filter((field) => {
        const own = problems.filter(({ path }) => path === field.path || path.startsWith(`${field.path}/`));
        field.mark(own.map(({ message }) => message).join('; '));
        return own.length > 0;
      });
      wrong[0]?.input.focus();
      return wrong.length > 0;
    },
  };
}

function isRecord(form) {
  return form.type === 'object' && typeof form.properties === 'object' && Object.keys(form.properties).length > 0;
}

function fieldsOf(form) {
  const required = new Set(form.required ?? []);
  return Object.entries(form.properties).map(([name, schema]) =>
    field(name, `/data/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`, typeof schema === 'object' ? schema : {}, required.has(name)),
  );
}

function wholeField(form) {
  return field('Data', '/data', { ...form, type: undefined, enum: undefined }, true);
}

function field(name, path, schema, required) {
  const { input, read } = inputOf(schema, required);
  made += 1;
  input.id = `field-${made}`;
  const error = element('p', { id: `error-${made}`, className: 'note bad', hidden: true });
  const hint = element('p', { id: `hint-${made}`, className: 'note', hidden: schema.description === undefined }, schema.description ?? '');
  input.setAttribute('aria-describedby', `${hint.id} ${error.id}`);
  const label = element('label', { htmlFor: input.id }, `${schema.title ?? name}${required || input.type === 'checkbox' ? '' : ' (optional)'}`);
  const parts = input.type === 'checkbox' ? [element('div', { className: 'check' }, input, label)] : [label, input];
  return {
    name,
    path,
    input,
    node: element('div', { className: 'field' }, ...parts, hint, error),
    read: () => {
      try {
        return read();
      } catch {
        mark('is no JSON');
        input.focus();
        throw new Error(`${schema.title ?? name} is no JSON. Nothing was sent. A text needs quotes: "ok".`);
      }
    },
    mark,
  };
  function mark(text) {
    error.textContent = text;
    error.hidden = text === '';
    if (text === '') input.removeAttribute('aria-invalid');
    else input.setAttribute('aria-invalid', 'true');
  }
}

/** A control for a schema, and what it holds; undefined: it is left empty. */
function inputOf(schema, required) {
  const { type, default: given } = schema;
  if (Array.isArray(schema.enum)) {
    const chosen = schema.enum.findIndex((value) => JSON.stringify(value) === JSON.stringify(given));
    const options = schema.enum.map((value, i) =>
      element('option', { value: String(i), selected: i === chosen }, typeof value === 'string' ? value : JSON.stringify(value)),
    );
    const input = element('select', { required }, element('option', { value: '' }, ''), ...options);
    return { input, read: () => (input.value === '' ? undefined : schema.enum[Number(input.value)]) };
  }
  if (type === 'boolean') {
    const input = element('input', { type: 'checkbox', checked: given === true });
    return { input, read: () => input.checked };
  }
  if (type === 'number' || type === 'integer') {
    const input = element('input', { type: 'number', step: type === 'integer' ? '1' : 'any', required, value: given ?? '' });
    if (typeof schema.minimum === 'number') input.min = String(schema.minimum);
    if (typeof schema.maximum === 'number') input.max = String(schema.maximum);
    return { input, read: () => (input.value === '' ? undefined : Number(input.value)) };
  }
  if (type === 'string') {
    const input = element('input', { type: 'text', required, value: given ?? '', autocomplete: 'off' });
    if (Number.isInteger(schema.maxLength)) input.maxLength = schema.maxLength;
    return { input, read: () => (input.value === '' && !required ? undefined : input.value) };
  }
  const input = element('textarea', { rows: 3, required, spellcheck: false, value: given === undefined ? '' : JSON.stringify(given) });
  return { input, read: () => (input.value.trim() === '' ? undefined : JSON.parse(input.value)) };
}
