import type { Json, JsonObject } from '../json.ts';

/** What a flow is given of an event: its data, the whole of it, or its data as the text that was sent. */
export function readEvent(event: JsonObject, read: 'data' | 'envelope' | 'raw'): Json {
  if (read === 'envelope') return event;
  const data = event['data'] ?? event['data_base64'] ?? null;
  return read === 'data' || typeof data === 'string' ? data : JSON.stringify(data);
}
