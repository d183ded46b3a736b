import type {
  Commit,
  EventRow,
  InboxRow,
  ReturnedEvent,
  SaidBy,
  ScheduleChange,
  SubscriptionKey,
  SubscriptionRow,
} from '@pawl/core';

/** What a part of a commit says to others than its own run: it is written with it, or not at all. */
export interface Said {
  readonly messages: readonly (InboxRow & SaidBy)[];
  readonly events: readonly (EventRow & SaidBy)[];
  readonly unsubscribe: readonly SubscriptionKey[];
  readonly subscribe: readonly SubscriptionRow[];
  readonly returned: readonly ReturnedEvent[];
  readonly taken: readonly ReturnedEvent[];
  readonly schedules: readonly ScheduleChange[];
}

/** Nothing said. */
export const silence: Said = {
  messages: [],
  events: [],
  unsubscribe: [],
  subscribe: [],
  returned: [],
  taken: [],
  schedules: [],
};

/** All that parts say, gathered; undefined where none says anything. */
export function gatherSaid(parts: readonly { readonly said: Said | null }[]): Partial<Commit> | undefined {
  let all: { [Name in keyof Said]: Said[Name][number][] } | undefined;
  for (const { said } of parts) {
    if (said === null) continue;
    all ??= { messages: [], events: [], unsubscribe: [], subscribe: [], returned: [], taken: [], schedules: [] };
    all.messages.push(...said.messages);
    all.events.push(...said.events);
    all.unsubscribe.push(...said.unsubscribe);
    all.subscribe.push(...said.subscribe);
    all.returned.push(...said.returned);
    all.taken.push(...said.taken);
    all.schedules.push(...said.schedules);
  }
  return all;
}

/** About how many characters it has. */
export function sizeOf({ messages, events, subscribe, schedules }: Said): number {
  let characters = 128 * subscribe.length;
  for (const { body } of events) characters += body.length + 256;
  for (const { state } of schedules) characters += state.length;
  for (const { message } of messages) characters += JSON.stringify(message).length + 128;
  return characters;
}
