/** Reads server-sent events as they come: the data of each, its lines joined. Other fields mean nothing here. */
export class EventStream {
  readonly #decoder = new TextDecoder();
  #rest = '';
  #data: string[] = [];

  /** The data of the events that end within this piece. */
  push(piece: Uint8Array): string[] {
    return this.#read(this.#decoder.decode(piece, { stream: true }));
  }

  /** The data of an event that the stream ended without the blank line after it. */
  end(): string[] {
    const events = this.#read(`${this.#decoder.decode()}\n\n`);
    this.#rest = '';
    return events;
  }

  #read(text: string): string[] {
    const events: string[] = [];
    const lines = `${this.#rest}${text}`.split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line === '') {
        if (this.#data.length > 0) events.push(this.#data.join('\n'));
        this.#data = [];
      } else if (line.startsWith('data:')) {
        this.#data.push(line.slice(line.startsWith('data: ') ? 6 : 5));
      }
    }
    return events;
  }
}

/** Whether a content type is a stream of events. */
export function isEventStream(contentType: string | undefined): boolean {
  return (contentType ?? '').split(';')[0]?.trim().toLowerCase() === 'text/event-stream';
}
