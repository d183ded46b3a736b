import type { Limits, Ports } from '@pawl/core';
import { Advance } from './advance.ts';
import { Broker } from './broker.ts';
import { Committer } from './committer.ts';
import { Departures } from './departures.ts';
import { Dispatch } from './dispatch.ts';
import { DueRows } from './due-rows.ts';
import { Ends } from './ends.ts';
import { Family } from './family.ts';
import type { FlowCache } from './flows.ts';
import { Follow } from './follow.ts';
import { Inbox } from './inbox.ts';
import { Limiter } from './limiter.ts';
import type { RuntimeObserver } from './observe.ts';
import { Ownership } from './ownership.ts';
import { parkedRuns } from './parked.ts';
import { Recovery } from './recovery.ts';
import { RunTable } from './run-table.ts';
import { Schedules } from './schedules.ts';
import { Settle } from './settle.ts';
import { Starts } from './starts.ts';
import { Suspects } from './suspects.ts';
import { Timers } from './timers.ts';

/** What a worker is made with. */
export interface ContextOptions {
  readonly ports: Ports;
  readonly limits: Limits;
  readonly flows: FlowCache;
  readonly observe: RuntimeObserver;
  /** The one run that this worker owns and advances; undefined: all runs of its partitions. */
  readonly only: string | undefined;
  readonly shares: boolean;
  /** Which types of lifecycle events are published; undefined: none. */
  readonly publishes: ((type: string) => boolean) | undefined;
}

/** The parts of one worker, each with one idea, and what they share. */
export class Context {
  readonly ports: Ports;
  readonly limits: Limits;
  readonly flows: FlowCache;
  readonly observe: RuntimeObserver;
  /** Undefined: all runs of its partitions. */
  readonly only: Family | undefined;
  readonly shares: boolean;
  readonly publishes: ((type: string) => boolean) | undefined;
  readonly table = new RunTable();
  readonly limiter = new Limiter();
  readonly timers: Timers;
  readonly ownership: Ownership;
  readonly committer: Committer;
  readonly advance: Advance;
  readonly follow: Follow;
  readonly settle: Settle;
  readonly departures: Departures;
  readonly dispatch: Dispatch;
  readonly starts: Starts;
  readonly ends: Ends;
  readonly recovery: Recovery;
  readonly suspects: Suspects;
  readonly parked: DueRows<unknown>;
  readonly broker: Broker;
  readonly schedules: Schedules;
  readonly inbox: Inbox;
  /** No new effect starts: the worker is stopping. */
  draining = false;
  /** It cannot go on: it beats no more, so that others take its partitions over even where its process stays. */
  failed = false;
  private last = { now: 0, mono: 0 };

  constructor(options: ContextOptions) {
    this.ports = options.ports;
    this.limits = options.limits;
    this.flows = options.flows;
    this.observe = options.observe;
    this.only =
      options.only === undefined
        ? undefined
        : new Family(
            options.only,
            () => this.ownership.need(),
            (run) => this.recovery.found(run),
          );
    this.shares = options.shares;
    this.publishes = options.publishes;
    this.timers = new Timers(options.ports.clock, () => this.now());
    this.ownership = new Ownership(this);
    this.settle = new Settle(this);
    this.committer = new Committer(options.ports, this.settle);
    this.advance = new Advance(this);
    this.follow = new Follow(this);
    this.departures = new Departures(this);
    this.dispatch = new Dispatch(this);
    this.starts = new Starts(this);
    this.ends = new Ends(this);
    this.recovery = new Recovery(this);
    this.suspects = new Suspects(this);
    this.parked = new DueRows(this, parkedRuns(this));
    this.broker = new Broker(this);
    this.schedules = new Schedules(this);
    this.inbox = new Inbox(this);
  }

  /**
   * Wall time that never goes back within this worker (ms). Where the clock was set back it goes on at half its pace
   * until the clock has caught up: what is timed comes late then, and never stands still.
   */
  now(): number {
    const { clock } = this.ports;
    const { last } = this;
    const mono = clock.mono();
    const slow = last.now + Math.floor((mono - last.mono) / 2);
    const now = Math.max(clock.now(), slow);
    if (now > last.now) this.last = { now, mono };
    return this.last.now;
  }
}
