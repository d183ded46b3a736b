/** What one check found. */
export interface Finding {
  /** What was looked at. */
  readonly check: string;
  /** `fail`: Pawl does not work like this; `warn`: somebody should look. */
  readonly status: 'ok' | 'warn' | 'fail';
  readonly detail: string;
  /** What to do; empty when there is nothing to do. */
  readonly hint: string;
}

/** All is well. */
export function ok(check: string, detail: string): Finding {
  return { check, status: 'ok', detail, hint: '' };
}

/** Something to look at. */
export function warn(check: string, detail: string, hint: string): Finding {
  return { check, status: 'warn', detail, hint };
}

/** Something that keeps Pawl from working. */
export function fail(check: string, detail: string, hint: string): Finding {
  return { check, status: 'fail', detail, hint };
}
