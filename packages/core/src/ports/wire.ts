/**
 * What this machine's workers have handed to the network, as far as their files tell. It saves a person questions: an
 * attempt of a `once` effect that surely never left needs no answer, it is simply sent.
 */
export interface Wire {
  /** Notes that an attempt is about to be sent. Called before it is handed to its action; must have been written when it returns. */
  leaving(attempt: string): void;
  /**
   * What became of an attempt that another worker was to send. Anything but `unknown` needs that very worker's file,
   * written on this machine since its last boot, and its process dead: the attempt is not in it and surely never left, or
   * it is, and may have been sent, but nothing more is.
   */
  fate(worker: string, attempt: string): Promise<'unknown' | 'sent' | 'neverLeft'>;
}

/** The name of an attempt in a wire file. */
export function wireName(run: string, frame: number, attempt: number): string {
  return `${run}:${frame}:${attempt}`;
}
