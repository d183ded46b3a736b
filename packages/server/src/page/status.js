// The status page: what runs, what waits for a person, which flows there are. All text goes in as text, never as HTML.

import { askFields } from './ask-form.js';
import { element } from './element.js';

const pollMs = 2_000;
const longestJournal = 500;
const api = '/api/v1';

const words = {
  pending: 'Pending', running: 'Running', waiting: 'Waiting', suspended: 'Paused', cancelled: 'Cancelled', faulted: 'Failed', completed: 'Completed',
};
const reasons = {
  timer: 'Waiting for a time', event: 'Waiting for an event', approval: 'Waiting for an approval', child: 'Waiting for another run',
  target: 'Waiting to send again', capacity: 'Waiting for its turn', decision: 'Waiting for a decision',
};
// Shapes of the statuses on a grid of 12.
const shapes = {
  completed: { d: 'M6 1a5 5 0 1 0 0 10A5 5 0 1 0 6 1Z', full: true },
  running: { d: 'M6 1a5 5 0 1 0 0 10A5 5 0 1 0 6 1ZM6 1v10' },
  waiting: { d: 'M6 1 11 11H1Z', full: true },
  suspended: { d: 'M2 2h8v8H2Z', full: true },
  faulted: { d: 'M2 2l8 8M10 2l-8 8' },
  pending: { d: 'M6 2a4 4 0 1 0 0 8A4 4 0 1 0 6 2Z' },
  cancelled: { d: 'M6 2a4 4 0 1 0 0 8A4 4 0 1 0 6 2ZM3 9l6-6' },
};

const one = (id) => document.getElementById(id);
const shown = { runs: 50, run: undefined, stream: undefined, cancelArmed: false };

one('more').addEventListener('click', () => {
  shown.runs += 50;
  void refresh();
});
one('run-close').addEventListener('click', closeRun);
one('run-cancel').addEventListener('click', cancelRun);
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) void refresh();
});
void loop();

async function loop() {
  if (!document.hidden) await refresh();
  setTimeout(loop, pollMs);
}

async function refresh() {
  const parts = [
    ['decisions', `${api}/decisions?limit=50`, showDecisions],
    ['runs', `${api}/runs?limit=${Math.min(shown.runs, 1_000)}`, showRuns],
    ['flows', `${api}/flows?limit=100`, showFlows],
  ];
  const results = await Promise.all(parts.map(([name, path, show]) => refreshPart(name, path, show)));
  const good = results.every(Boolean);
  say('health', good ? `Live at ${clockTime(new Date())}` : 'Pawl does not answer; this page tries again by itself.', !good);
}

async function refreshPart(name, path, show) {
  try {
    show(await get(path));
    return true;
  } catch (error) {
    // What was shown stays, with its age in the line above.
    say(`${name}-note`, error.message, true);
    return false;
  }
}

function showRuns({ items, next }) {
  say('runs-note', items.length === 0 ? 'No runs yet. Start one: pawl run examples/charge-orders/flow.yaml' : '');
  one('more').hidden = next === null;
  const table = one('runs').querySelector('table');
  table.hidden = items.length === 0;
  const focused = document.activeElement?.dataset?.run;
  table.tBodies[0].replaceChildren(...items.map(runRow));
  if (focused !== undefined) table.querySelector(`[data-run="${CSS.escape(focused)}"]`)?.focus();
}

function runRow(run) {
  const open = element('button', { type: 'button', className: 'link' }, run.id.slice(-12));
  open.dataset.run = run.id;
  open.setAttribute('aria-label', `Open run ${run.id} of ${run.flow.name}`);
  open.addEventListener('click', () => openRun(run.id));
  const cells = [
    statusOf(run),
    `${run.flow.namespace}/${run.flow.name} ${run.flow.version}`,
    new Date(run.startedAt).toLocaleString(),
    run.endedAt === null ? '' : duration(new Date(run.endedAt) - new Date(run.startedAt)),
    open,
  ];
  return element('tr', {}, ...cells.map((cell) => element('td', {}, cell)));
}

function showFlows({ items }) {
  say('flows-note', items.length === 0 ? 'No flows yet. Publish one: pawl deploy FILE' : '');
  one('flows').replaceChildren(
    ...items.map((flow) => element('li', {}, `${flow.namespace}/${flow.name} `, element('span', { className: 'quiet' }, flow.version))),
  );
}

function showDecisions({ items }) {
  say('decisions-note', items.length === 0 ? 'Nothing needs you.' : '');
  const list = one('decisions');
  const known = new Set([...list.children].map((child) => child.dataset.id));
  // A card that is there already stays as it is: somebody may be about to press a button on it.
  for (const child of [...list.children]) if (!items.some((item) => item.id === child.dataset.id)) child.remove();
  for (const item of items) if (!known.has(item.id)) list.append(decisionCard(item));
}

const effectVerdicts = {
  applied: { label: 'It was applied: complete the step', body: { applied: true } },
  again: { label: 'It was not applied: send it again', body: { applied: false } },
  fail: { label: 'Fail the step', body: { fail: true } },
};

const askVerdicts = {
  approved: { label: 'Approve', body: { decision: 'approved' } },
  rejected: { label: 'Reject', body: { decision: 'rejected' } },
};

function decisionCard(item) {
  const decide = element('button', { type: 'button' }, 'Decide…');
  const open = element('button', { type: 'button', className: 'link' }, 'Open run');
  const note = element('p', { className: 'note' });
  note.setAttribute('role', 'status');
  const actions = element('div', { className: 'actions' }, decide, open);
  const [head, ...more] = item.ask === null ? effectTexts(item) : askTexts(item);
  const card = element(
    'li',
    {},
    element('p', {}, element('strong', {}, `${head} `), element('code', {}, item.name)),
    element('p', {}, `${item.flow.namespace}/${item.flow.name} ${item.flow.version}, run `, element('code', {}, item.run), ', step ', element('code', {}, item.step)),
    ...more.map((text) => element('p', { className: 'lines' }, text)),
    actions,
    note,
  );
  card.dataset.id = item.id;
  open.addEventListener('click', () => openRun(item.run));
  decide.addEventListener('click', () => {
    const close = (text) => {
      form.remove();
      note.textContent = text;
      actions.hidden = false;
      decide.focus();
    };
    const form = decisionForm(item, note, close);
    actions.hidden = true;
    note.before(form);
    form.elements.verdict[0].focus();
  });
  return card;
}

function effectTexts(item) {
  const where = item.target === null ? '' : `${item.action ?? 'The step'} sent a request to ${item.target}. `;
  return ['Outcome unknown: did this step take effect?', `${where}${item.reason}`];
}

function askTexts({ ask }) {
  const facts = [
    ask.to.length === 0 ? '' : `Asked of ${ask.to.join(', ')}.`,
    ask.fourEyes ? 'Two different people must approve.' : '',
    ...ask.approvals.map(({ by, data }) => `Approved by ${by}${data === null ? '' : `, with ${JSON.stringify(data)}`}.`),
    ask.deadline === null ? '' : `Open until ${new Date(ask.deadline).toLocaleString()}.`,
  ];
  return [ask.title, ask.text, facts.filter(Boolean).join(' ')].filter((text, i) => i === 0 || text !== '');
}

/** The second step of a decision: nothing is sent before Confirm. */
function decisionForm(item, note, close) {
  const { ask } = item;
  const verdicts = ask === null ? effectVerdicts : askVerdicts;
  const choices = Object.entries(verdicts).map(([value, { label }]) =>
    element('label', {}, element('input', { type: 'radio', name: 'verdict', value, required: true }), ` ${label}`),
  );
  const output = element('textarea', { name: 'output', rows: 3, value: 'null', spellcheck: false });
  const outputLabel = element('label', { hidden: true }, 'Output of the step, as JSON', output);
  // The second of two who approve approves what the first one did.
  const fields = askFields(ask === null || ask.approvals.length > 0 ? null : ask.form);
  const reason = element('input', { name: 'reason', maxLength: 2_000, autocomplete: 'off' });
  const confirm = element('button', { type: 'submit', className: 'primary' }, 'Confirm');
  const cancel = element('button', { type: 'button' }, 'Cancel');
  const form = element(
    'form',
    { className: 'decide' },
    element('fieldset', {}, element('legend', {}, ask === null ? 'What happened? This cannot be taken back.' : 'Your decision. It cannot be taken back.'), ...choices),
    outputLabel,
    fields.node,
    element('label', {}, 'Reason (optional; kept in the journal)', reason),
    element('div', { className: 'actions' }, confirm, cancel),
  );
  form.addEventListener('change', () => {
    const chosen = form.elements.verdict.value;
    outputLabel.hidden = chosen !== 'applied';
    // A rejection needs nothing that is filled in.
    fields.node.disabled = chosen === 'rejected';
  });
  form.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && !cancel.disabled) close('');
  });
  cancel.addEventListener('click', () => close(''));
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    note.classList.remove('bad');
    confirm.disabled = cancel.disabled = true;
    try {
      const chosen = form.elements.verdict.value;
      const body = {
        ...verdicts[chosen].body,
        ...(reason.value.trim() === '' ? {} : { reason: reason.value.trim() }),
        ...(chosen === 'applied' ? { output: outputOf(output.value) } : {}),
      };
      const data = chosen === 'approved' ? fields.read() : undefined;
      const { verdict } = await post(`${api}/decisions/${encodeURIComponent(item.id)}`, data === undefined ? body : { ...body, data });
      if (verdict === 'recorded') return close('Your approval is recorded. It counts once another person approves the same.');
      note.textContent = verdict === 'taken' ? 'Recorded.' : 'Accepted; the run has not answered yet.';
      await refresh();
      // The card goes with the question: the keyboard stays where the list is.
      if (!form.isConnected) one('decisions-note').focus();
    } catch (error) {
      note.textContent = error.message;
      note.classList.add('bad');
      confirm.disabled = cancel.disabled = false;
      // Otherwise the first field that is wrong has the focus.
      const marked = error.problems === undefined ? form.querySelector('[aria-invalid]') !== null : fields.mark(error.problems);
      if (!marked) confirm.focus();
    }
  });
  return form;
}

function outputOf(text) {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error('The output is no JSON. Nothing was sent. A text needs quotes: "ok"; write null where there is none.');
  }
}

async function openRun(id) {
  closeRun();
  shown.run = id;
  one('run').hidden = false;
  one('run-title').textContent = `Run ${id}`;
  one('journal').replaceChildren();
  one('run').focus();
  await describeRun();
  const stream = new EventSource(`${api}/runs/${id}/stream`);
  shown.stream = stream;
  stream.addEventListener('message', ({ data }) => {
    const event = JSON.parse(data);
    addEvent(event);
    if (/^run\.(completed|faulted|cancelled)$/.test(event.type)) {
      stream.close();
      void describeRun();
    }
  });
}

async function describeRun() {
  const id = shown.run;
  try {
    const run = await get(`${api}/runs/${id}`);
    if (id !== shown.run) return;
    const attempt = run.open.find((each) => each.error)?.error;
    const problem = run.error ?? attempt;
    const text = problem ? ` ${problem.title ?? ''}: ${problem.detail ?? ''}` : '';
    one('run-note').replaceChildren(statusOf(run), text);
    one('run-note').classList.remove('bad');
    one('run-cancel').hidden = run.endedAt !== null;
  } catch (error) {
    say('run-note', error.message, true);
  }
}

function addEvent(event) {
  const journal = one('journal');
  const where = event.name === undefined ? '' : ` ${event.name}`;
  const attempt = event.attempt > 1 ? `, attempt ${event.attempt}` : '';
  const error = event.error?.detail === undefined ? '' : `: ${event.error.detail}`;
  journal.append(
    element('li', {}, element('span', { className: 'seq' }, String(event.seq)), element('span', {}, `${event.type}${where}${attempt}${error}`)),
  );
  while (journal.children.length > longestJournal) journal.firstElementChild.remove();
}

function closeRun() {
  shown.stream?.close();
  shown.stream = undefined;
  shown.run = undefined;
  disarmCancel();
  one('run').hidden = true;
}

async function cancelRun() {
  if (!shown.cancelArmed) {
    shown.cancelArmed = true;
    one('run-cancel').textContent = 'Cancel it: what is under way is not undone';
    return;
  }
  disarmCancel();
  try {
    await post(`${api}/runs/${shown.run}/cancel`, { reason: 'cancelled on the status page' });
    await describeRun();
  } catch (error) {
    say('run-note', error.message, true);
  }
}

function disarmCancel() {
  shown.cancelArmed = false;
  one('run-cancel').textContent = 'Cancel this run…';
}

async function get(path) {
  return read(await fetch(path));
}

async function post(path, body) {
  const headers = { 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID() };
  return read(await fetch(path, { method: 'POST', headers, body: JSON.stringify(body) }));
}

async function read(response) {
  const body = await response.json().catch(() => ({}));
  if (response.ok) return body;
  const text = body.detail === undefined ? `Pawl answered with ${response.status}.` : `${body.detail} ${body.hint}`;
  throw Object.assign(new Error(text), { problems: body.problems });
}

function statusOf({ status, waitingFor }) {
  const icon = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  const { d, full } = shapes[status];
  icon.setAttribute('viewBox', '0 0 12 12');
  icon.setAttribute('aria-hidden', 'true');
  path.setAttribute('d', d);
  if (full) path.setAttribute('class', 'full');
  icon.append(path);
  return element('span', { className: `status ${status}` }, icon, reasons[waitingFor] ?? words[status]);
}

function say(id, text, bad = false) {
  const place = one(id);
  if (place.textContent !== text) place.textContent = text;
  place.classList.toggle('bad', bad);
}

function duration(ms) {
  if (ms < 1_000) return `${ms} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.floor((ms % 60_000) / 1_000)} s`;
}

function clockTime(date) {
  return date.toLocaleTimeString();
}
