// @ts-check
// What the pages in front of the app gain where scripts run; without it they work too. The server draws every sentence
// that is shown here, in attributes beside the place where it may be needed.

/** @typedef {{ request: (call: { method: string, params: string[] }) => Promise<unknown> }} Wallet a wallet (EIP-1193) */

/** @type {(selector: string) => HTMLElement[]} */
const all = (selector) => [...document.querySelectorAll(selector)].filter((found) => found instanceof HTMLElement);

/** @returns {Wallet | undefined} */
const wallet = () => Reflect.get(window, "ethereum");

/** What the server refused, in words for people. */
class Refusal extends Error {
  /** @param {{ message: string, code: string }} refused */
  constructor({ message, code }) {
    super(message);
    this.code = code;
  }
}

/** The wallet gave nothing. */
class Declined extends Error {}

/**
 * Posts to the server as a program does.
 * @param {string} address
 * @param {Record<string, string | number>} fields
 * @param {boolean} [form] whether as a form, else as JSON
 */
async function ask(address, fields, form) {
  const texts = Object.entries(fields).map(([name, value]) => [name, String(value)]);
  const answer = await fetch(address, {
    method: "POST",
    headers: form ? { accept: "application/json" } : { accept: "application/json", "content-type": "application/json" },
    body: form ? new URLSearchParams(texts) : JSON.stringify(fields),
  });
  const body = await answer.json();
  if (!answer.ok) throw new Refusal(body);
  return body;
}

/**
 * Wallets say no in many ways; for their owner it is always the same.
 * @param {string} method
 * @param {...string} params
 */
async function sign(method, ...params) {
  try {
    const given = await wallet()?.request({ method, params });
    const first = Array.isArray(given) ? given[0] : given;
    if (typeof first === "string") return first;
  } catch {}
  throw new Declined();
}

/**
 * Which account, the text for it, its signature, and where to go.
 * @param {DOMStringMap} asked
 * @returns {Promise<string>}
 */
async function walk({ wallet: way = "", next = "" }) {
  const address = await sign("eth_requestAccounts");
  /** @param {string} text */
  const signed = async (text) => {
    const bytes = Array.from(new TextEncoder().encode(text), (byte) => byte.toString(16).padStart(2, "0"));
    return { signature: await sign("personal_sign", `0x${bytes.join("")}`, address) };
  };
  if (way === "privy") {
    const text = await ask("/api/identity/privy/wallet-challenge", { wallet: address, next }, true);
    return ask("/api/identity/privy/verify-wallet", await signed(text), true);
  }
  const chainId = Number(await sign("eth_chainId")) || 1;
  const { message } = await ask("/api/auth/wallet/challenge", { address, chainId, next, purpose: way });
  return (await ask("/api/auth/wallet/verify", await signed(message))).next;
}

/** What was pressed and is under way, by its form or place. @type {Map<EventTarget, Element | null>} */
const busy = new Map();

/** @param {EventTarget} what @param {Element | null} button */
function begin(what, button) {
  if (busy.has(what)) return false;
  busy.set(what, button);
  button?.setAttribute("aria-busy", "true");
  return true;
}

/** @param {EventTarget} what */
function end(what) {
  busy.get(what)?.removeAttribute("aria-busy");
  busy.delete(what);
}

for (const place of all("[data-wallet]")) {
  const [button, trouble] = [place.querySelector(":scope > button"), place.querySelector("[data-trouble]")];
  button?.addEventListener("click", async () => {
    if (!begin(place, button)) return;
    trouble?.toggleAttribute("hidden", true);
    try {
      location.assign(await walk(place.dataset));
    } catch (error) {
      const { prove, declined, away } = place.dataset;
      if (error instanceof Refusal && error.code === "prove_first" && prove) return location.assign(prove);
      const words = error instanceof Refusal ? error.message : error instanceof Declined ? declined : away;
      trouble?.querySelector("span")?.replaceChildren(words ?? "");
      trouble?.toggleAttribute("hidden", false);
      end(place);
    }
  });
}

/** Wallets put themselves into a page when they like, and then say so. */
function show() {
  for (const place of all("[data-wallet]")) place.hidden = !wallet();
  for (const place of all("[data-without-wallet]")) place.hidden = !!wallet();
}
show();
addEventListener("ethereum#initialized", show);

for (const timer of all("[data-seconds]")) {
  const { seconds, one = "", many = "", none = "" } = timer.dataset;
  const until = Date.now() + Number(seconds) * 1000;
  const tick = () => {
    const left = Math.max(0, Math.ceil((until - Date.now()) / 1000));
    timer.textContent = left === 0 ? none : left === 1 ? one : many.replace("{}", String(left));
    if (left === 0) clearInterval(running);
  };
  const running = setInterval(tick, 1000);
}

for (const field of all("[data-time-zone]")) {
  if (field instanceof HTMLInputElement) field.value = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
}

addEventListener("submit", (event) => {
  const form = event.target;
  if (!form || !begin(form, event.submitter)) return event.preventDefault();
  // An answer that never comes must not hold the form for good.
  setTimeout(() => end(form), 10_000);
});
// A page that comes back by «Back» comes as it was left.
addEventListener("pageshow", (event) => {
  if (event.persisted) for (const what of [...busy.keys()]) end(what);
});

document.documentElement.dataset.ready = "true";
