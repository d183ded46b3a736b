/**
 * What this machine's workers have handed to the network, as far as their files tell. It saves a person questions: an
 * attempt of a `once` effect that surely never left needs no answer, it is simply sent.
 */
export interface Wire {
  /** Notes that an attempt is about to be sent. Called before it is handed to its action; must have been written when it returns. */
  leaving(attempt: string): void;
  /**
   * Whether an attempt that another worker was to send surely never left: that very worker's file can be read, it was
   * written on this machine since its last boot, its process is dead, and the attempt is not in it. False is no conclusion.
   */
  neverLeft(worker: string, attempt: string): Promise<boolean>;
}

/** The name of an attempt in a wire file. */
export function wireName(run: string, frame: number, attempt: number): string {
  return `${run}:${frame}:${attempt}`;
}
