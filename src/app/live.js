// @ts-check
// One stream of events for all tabs of a browser, because a browser holds few connections to a site. The tab that has
// the lock holds the stream and hands on what it hears; when it closes, another one gets the lock. Where a browser has
// no locks, each tab holds a stream of its own.

(() => {
  /**
   * @typedef {{ type: "unread", unread: number }} Unread
   * @typedef {{ type: "named" }} Named
   * @typedef {{ type: "changed", approval: string | null }} Changed
   * @typedef {{ type: "run", run: string, seq: number | null, upto: number, event: { kind: string } }} Progress
   * @typedef {{ type: "want", run: string, after: number } | { type: "hello" } | { type: "who" }} Wish
   */

  const person = document.currentScript?.dataset.person;
  if (!person) return;
  const name = `aura-live-${person}`;
  const shared = Boolean(navigator.locks && window.BroadcastChannel);
  const channel = shared ? new BroadcastChannel(name) : undefined;

  /** What this tab follows: the number it has heard last, and who hears it. @type {Map<string, { seq: number, hear: (event: string) => void }>} */
  const followed = new Map();
  /** @type {Array<(unread: number) => void>} */
  const counters = [];
  /** Who hears that a conversation was named. @type {Array<() => void>} */
  const namers = [];
  /** Who hears that a proposal stands otherwise; the newest page of a document. @type {((approval: string | null) => void) | undefined} */
  let changer;
  /** @type {number | undefined} */
  let unread;

  /** Whether this tab holds the stream. */
  let leads = false;
  /** What all tabs follow, with the number from which the stream goes on. @type {Map<string, number>} */
  const wanted = new Map();
  /** @type {EventSource | undefined} */
  let source;
  let timer = 0;
  let failures = 0;

  /** @param {Unread | Named | Changed | Progress} message */
  function hear(message) {
    if (message.type === "changed") {
      changer?.(message.approval);
      return;
    }
    if (message.type === "named") {
      for (const heard of namers) heard();
      return;
    }
    if (message.type === "unread") {
      unread = message.unread;
      for (const count of counters) count(message.unread);
      return;
    }
    const mine = followed.get(message.run);
    if (!mine) return;
    // Another tab may have asked for what this one has heard already.
    const settled = message.event.kind === "settled";
    const known = message.seq === null ? message.upto < mine.seq : message.seq <= mine.seq;
    if (known && !settled) return;
    if (message.seq !== null) mine.seq = message.seq;
    if (settled) followed.delete(message.run);
    mine.hear(JSON.stringify(message.event));
  }

  /** @param {Unread | Named | Changed | Progress} message */
  function tell(message) {
    channel?.postMessage(message);
    hear(message);
  }

  /** @param {string} run @param {number} after */
  function want(run, after) {
    const position = wanted.get(run);
    if (position !== undefined && position <= after) return;
    wanted.set(run, after);
    soon(20);
  }

  /** @param {number} pause */
  function soon(pause) {
    clearTimeout(timer);
    timer = window.setTimeout(open, pause);
  }

  function open() {
    source?.close();
    const asked = new URLSearchParams({ person: String(person) });
    for (const [run, after] of wanted) asked.append("run", `${run}:${after}`);
    const opened = new EventSource(`/api/events?${asked}`);
    source = opened;
    opened.addEventListener("tally", (event) => {
      // Whatever was told meanwhile was not heard.
      if (failures > 0) tell({ type: "changed", approval: null });
      failures = 0;
      tell({ type: "unread", unread: JSON.parse(event.data).unread });
    });
    opened.addEventListener("named", () => tell({ type: "named" }));
    opened.addEventListener("changed", (event) => tell({ type: "changed", approval: JSON.parse(event.data).approval }));
    opened.addEventListener("run", (event) => {
      /** @type {Omit<Progress, "type">} */
      const progress = JSON.parse(event.data);
      if (progress.event.kind === "settled") wanted.delete(progress.run);
      else if (progress.seq !== null) wanted.set(progress.run, progress.seq);
      tell({ type: "run", ...progress });
    });
    // Signed out. Whoever signs in again opens a page, which says hello.
    opened.addEventListener("over", () => {
      opened.close();
      if (source === opened) source = undefined;
    });
    // The browser would come back with the numbers of the beginning, so it is done here.
    opened.addEventListener("error", () => {
      opened.close();
      if (source !== opened) return;
      source = undefined;
      failures += 1;
      // Signed out, or the server is away: then somebody looks at the page before it is tried on.
      if (failures <= 8) soon(Math.min(1000 * 2 ** (failures - 1), 60_000));
    });
  }

  function lead() {
    leads = true;
    for (const [run, { seq }] of followed) want(run, seq);
    /** @type {Wish} */
    const who = { type: "who" };
    channel?.postMessage(who);
    // The other tabs have a moment to say what they follow.
    soon(50);
    return new Promise(() => {});
  }

  /** @param {Wish} wish */
  function ask(wish) {
    if (!leads) channel?.postMessage(wish);
    else if (wish.type === "want") want(wish.run, wish.after);
  }

  if (channel) {
    channel.onmessage = (/** @type {MessageEvent<Unread | Named | Changed | Progress | Wish>} */ { data }) => {
      if (data.type === "unread" || data.type === "named" || data.type === "changed" || data.type === "run") hear(data);
      else if (data.type === "who") for (const [run, { seq }] of followed) ask({ type: "want", run, after: seq });
      else if (leads && data.type === "want") want(data.run, data.after);
      else if (leads && data.type === "hello") {
        if (unread !== undefined) channel.postMessage({ type: "unread", unread });
        if (!source) soon(20);
      }
    };
    navigator.locks.request(name, lead);
    ask({ type: "hello" });
  } else {
    lead();
  }

  document.addEventListener("visibilitychange", () => {
    if (leads && !source && document.visibilityState === "visible") {
      failures = 0;
      soon(0);
    }
  });

  const live = {
    /** Calls back with what is unread, at once if it is known. @param {(unread: number) => void} count */
    unread(count) {
      counters.push(count);
      if (unread !== undefined) count(unread);
    },
    /** Calls back each time that a conversation was named. @param {() => void} heard */
    named(heard) {
      namers.push(heard);
    },
    /** Calls back with each proposal that stands otherwise; with null where it may be any. @param {(approval: string | null) => void} heard */
    changed(heard) {
      changer = heard;
    },
    /** Calls back with the events of a run after a number. @param {string} run @param {number} after @param {(event: string) => void} hear */
    follow(run, after, hear) {
      followed.set(run, { seq: after, hear });
      ask({ type: "want", run, after });
    },
    /** @param {string} run */
    leave(run) {
      followed.delete(run);
    },
  };
  Object.assign(window, { auraLive: live });
})();
