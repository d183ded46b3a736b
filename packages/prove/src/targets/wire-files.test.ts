import { describe, expect, it } from 'vitest';
import { Prng } from '../sim/prng.ts';
import type { Owner } from '../sim/timeline.ts';
import { Timeline } from '../sim/timeline.ts';
import type { WireMoment, WireMutation } from './wire-files.ts';
import { WireFiles } from './wire-files.ts';

/** Two workers on one machine and one on another; `moment` says when a file is lost. */
function machines(mutation: WireMutation = {}, moment: (owner: Owner, moment: WireMoment) => boolean = () => false) {
  const timeline = new Timeline(new Prng(1));
  const files = new WireFiles({ timeline, prng: new Prng(2), mutation, moment });
  const owner = (name: string): Owner => ({ name, life: 'running', backlog: [] });
  const [writer, reader] = [owner('writer'), owner('reader')];
  const mine = files.wireOf(writer, 0);
  const [near, far] = [files.wireOf(reader, 0), files.wireOf(owner('far'), 1)];
  const fate = async (wire: typeof near, attempt: string): Promise<string> => {
    const asked = wire.fate('writer', attempt);
    await timeline.run(() => false, timeline.time + 10);
    return asked;
  };
  return { timeline, writer, mine, near, far, fate };
}

describe('a simulated wire file', () => {
  it('tells of a dead worker what it was about to send, on its own machine only', async () => {
    const { writer, mine, near, far, fate } = machines();
    mine.leaving('run:1:1');
    writer.life = 'dead';
    mine.leaving('run:2:1');
    expect(await fate(near, 'run:1:1')).toBe('sent');
    expect(await fate(near, 'run:2:1')).toBe('neverLeft');
    expect(await fate(far, 'run:2:1')).toBe('unknown');
  });

  it('tells nothing of a worker that may still write to it, unless that guard is off', async () => {
    for (const life of ['running', 'paused'] as const) {
      const kept = machines();
      kept.writer.life = life;
      expect(await kept.fate(kept.near, 'run:1:1')).toBe('unknown');
      const off = machines({ readsLiving: true });
      off.writer.life = life;
      expect(await off.fate(off.near, 'run:1:1')).toBe('neverLeft');
    }
  });

  it('holds what a worker was stopped at only once it goes on', async () => {
    const { timeline, writer, mine, near, fate } = machines({ readsLiving: true });
    writer.life = 'paused';
    mine.leaving('run:1:1');
    expect(await fate(near, 'run:1:1')).toBe('neverLeft');
    timeline.resume(writer);
    expect(await fate(near, 'run:1:1')).toBe('sent');
  });

  it('that is lost tells nothing', async () => {
    const { writer, near, fate } = machines({}, (_owner, moment) => moment === 'read');
    writer.life = 'dead';
    expect(await fate(near, 'run:1:1')).toBe('unknown');
  });
});
