/**
 * Shopwindow in the browser: reports what a visitor does, asks what to show, and notes what was really seen.
 *
 *     const shopwindow = new Shopwindow({ key: "public key" });
 *     shopwindow.track("view_item", { items: [{ item_id: "mugs-01" }] });
 *     const decision = await shopwindow.decide({ placements: [{ placement: "home_hero", count: 4 }] });
 *
 * It has no dependencies, throws nothing from `track`, and loses no event while the page's origin keeps its storage.
 */

const MAX_WAITING = 200; // events kept while the engine cannot be reached; the oldest go first
const MAX_BATCH = 50;
const SESSION_GAP_MS = 30 * 60 * 1000;
const RETRY_FIRST_MS = 500;
const RETRY_LAST_MS = 30_000;
const VISITOR_ID = /^[A-Za-z0-9_.:-]{1,100}$/;

/** Identifier of 128 random bits. `crypto.randomUUID` is missing on pages without TLS, so it is made here. */
export function randomId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Shopwindow {
  #url;
  #key;
  #cookie;
  #batchMs;
  #timeoutMs;
  #waiting; // events not known to be accepted yet, oldest first
  #timer = 0;
  #sending = null;
  #retryMs = RETRY_FIRST_MS;
  #seen = new Set(); // what was reported as seen, by decision
  #watched = new Map();
  #observer = null;
  #viewMs;
  #user = {}; // who logged in here, and the token that the shop's server signed for them
  #contact = null; // the first contact, at which the engine signs that this browser may speak for its visitor
  #consent; // what the visitor agreed to, where the page has said
  #memory = new Memory(); // what is kept of a visitor who agreed to no storage, until the page is left

  /**
   * @param {object} options
   * @param {string} options.key public key
   * @param {string} [options.url] origin of the API; the page's own if empty
   * @param {string} [options.cookie] cookie in which the server may name the visitor
   * @param {number} [options.batchMs] how long events wait for company
   * @param {number} [options.timeoutMs] how long an answer may take
   * @param {number} [options.viewMs] how long half of a thing must be visible to count as seen
   * @param {object|string} [options.consent] what the visitor agreed to, as `agree` has it
   */
  constructor({ key, url = "", cookie = "shopwindow_visitor", batchMs = 5, timeoutMs = 4000, viewMs = 1000, consent }) {
    this.#key = key;
    this.#consent = consent;
    this.#url = url.replace(/\/+$/, "");
    this.#cookie = cookie;
    this.#batchMs = batchMs;
    this.#timeoutMs = timeoutMs;
    this.#viewMs = viewMs;
    // What an earlier page could not bring home; the engine drops an event_id it has seen.
    this.#waiting = readJson(this.#waits, "shopwindow.waiting", []).slice(-MAX_WAITING);
    if (this.#waiting.length) this.#schedule(this.#batchMs);
    addEventListener("pagehide", () => this.#leave());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") this.#leave();
    });
  }

  /**
   * Say what the visitor agreed to; it counts from now on. Who denies storage is forgotten here, and goes by an id of
   * this page view alone; `listen` again after a grant.
   *
   * @param {object|string} consent by Google's consent mode (`{ analytics_storage: "denied" }`), or as `"denied"`
   */
  agree(consent) {
    const stored = !this.#denies;
    this.#consent = consent;
    if (this.#denies && stored) {
      const denied = this.#consent;
      this.#consent = undefined;
      this.forget();
      this.#consent = denied;
    }
  }

  /** Who is visiting: from the server's cookie, else from storage, else made up and kept. */
  get visitorId() {
    const prefix = `${this.#cookie}=`;
    const crumb = this.#denies ? "" : document.cookie.split("; ").find((pair) => pair.startsWith(prefix));
    const named = crumb ? decodeURIComponent(crumb.slice(prefix.length)) : "";
    const kept = read(this.#kept, "shopwindow.visitor");
    const id = [named, kept].find((value) => VISITOR_ID.test(value ?? "")) ?? randomId();
    if (id !== kept) write(this.#kept, "shopwindow.visitor", id);
    return id;
  }

  /**
   * Say who has logged in; events name them from now on.
   *
   * @param {string} userId
   * @param {string} userToken as the shop's server has signed it; without it the engine takes them for nobody known
   */
  identify(userId, userToken) {
    this.#user = { user_id: userId, user_token: userToken };
  }

  /** The visit this is part of; a new one begins after half an hour of silence. */
  get sessionId() {
    const now = Date.now();
    const session = readJson(this.#kept, "shopwindow.session", null);
    const goes_on = session && session.visitor === this.visitorId && now - session.last < SESSION_GAP_MS;
    const id = goes_on ? session.id : randomId();
    write(this.#kept, "shopwindow.session", JSON.stringify({ id, visitor: this.visitorId, last: now }));
    return id;
  }

  /**
   * Report an event under its GA4 name; it is sent within milliseconds, together with others of the moment.
   *
   * @param {string} event
   * @param {{items?: object[], params?: object}} [details]
   */
  track(event, { items, params } = {}) {
    const entry = { event, event_id: randomId(), visitor_id: this.visitorId, session_id: this.sessionId };
    if (this.#user.user_id) entry.user_id = this.#user.user_id;
    if (items?.length) entry.items = items;
    if (params) entry.params = params;
    this.#waiting.push({ entry, at: Date.now(), tried: false });
    this.#waiting.splice(0, Math.max(0, this.#waiting.length - MAX_WAITING));
    this.#keep();
    this.#schedule(this.#batchMs);
  }

  /** Send what waits now; resolves when it was answered, or failed and will be tried again. */
  async flush() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    while (this.#sending) await this.#sending;
    if (!this.#waiting.length) return;
    this.#sending = this.#send(this.#waiting.slice(0, MAX_BATCH)).finally(() => (this.#sending = null));
    const sent = await this.#sending;
    if (sent && this.#waiting.length) await this.flush();
  }

  /**
   * Ask what to show. Events tracked before are sent first, so that the answer can know of them.
   *
   * @param {{placements?: object[], lists?: object[], exclude?: string[]}} wanted
   * @returns {Promise<object>} the decision; rejects when there is none in time
   */
  async decide({ placements = [], lists = [], exclude = [] }) {
    await this.flush();
    const { visitor_token } = await this.#tokens();
    const response = await fetch(`${this.#url}/v1/decisions`, {
      method: "POST",
      headers: this.#headers(),
      body: JSON.stringify({
        visitor_id: this.visitorId,
        visitor_token,
        placements,
        lists,
        exclude,
        consent: this.#consent,
        page_location: location.href.slice(0, 2000),
      }),
      signal: AbortSignal.timeout(this.#timeoutMs),
    });
    if (!response.ok) throw new Error(`decision answered ${response.status}`);
    return response.json();
  }

  /**
   * Call `report` once when at least half of `element` has been visible for a second.
   *
   * @param {Element} element
   * @param {string} once name of what is seen, such as decision and slot; a name is reported once a page
   * @param {() => void} report
   */
  watch(element, once, report) {
    this.#observer ??= new IntersectionObserver((entries) => entries.forEach((entry) => this.#looked(entry)), {
      threshold: [0, 0.5],
    });
    this.#watched.set(element, { once, report, timer: 0 });
    this.#observer.observe(element);
  }

  /** Report a filled slot as seen, once a decision and position, when it really is. */
  watchSlot(element, decisionId, placement, slot) {
    const params = slotParams(decisionId, placement, slot);
    this.watch(element, `${decisionId}|${params.creative_slot}`, () => this.track("view_promotion", { params }));
  }

  /** Report a click on a filled slot. */
  clickSlot(decisionId, placement, slot) {
    this.track("select_promotion", { params: slotParams(decisionId, placement, slot) });
  }

  /**
   * Have messages of triggers pushed to this page as they come: `show` is called with each, once.
   * Report what becomes of one with `tell`.
   *
   * @param {(message: object) => void} show
   */
  async listen(show) {
    const query = new URLSearchParams({ key: this.#key });
    const { visitor_token } = await this.#tokens();
    if (visitor_token) query.set("visitor_token", visitor_token);
    if (this.#consent !== undefined) {
      query.set("consent", typeof this.#consent === "string" ? this.#consent : JSON.stringify(this.#consent));
    }
    const visitor = encodeURIComponent(this.visitorId);
    const source = new EventSource(`${this.#url}/v1/visitors/${visitor}/messages?${query}`);
    const shown = new Set();
    source.addEventListener("message", ({ data }) => {
      const message = JSON.parse(data);
      if (shown.has(message.message_id)) return;
      shown.add(message.message_id);
      show(message);
    });
    addEventListener("pagehide", () => source.close());
  }

  /** Report what became of a message: `opened`, `clicked` or `dismissed`. */
  tell(what, message) {
    this.track(`message_${what}`, { params: { message_id: message.message_id, channel: "on_site" } });
  }

  /** Forget this visitor: the next page view is someone new. */
  forget() {
    this.#waiting = [];
    document.cookie = `${this.#cookie}=; Max-Age=0; Path=/; SameSite=Lax`;
    this.#user = {};
    this.#contact = null;
    for (const name of ["shopwindow.visitor", "shopwindow.session", "shopwindow.token"]) drop(this.#kept, name);
    drop(this.#waits, "shopwindow.waiting");
  }

  get #denies() {
    const said = this.#consent;
    const words = said && typeof said === "object" ? [said.analytics_storage, said.personalization_storage] : [said];
    return words.some((word) => ["denied", "none", "false"].includes(String(word).toLowerCase()));
  }

  get #kept() {
    return this.#denies ? this.#memory : localStorage;
  }

  get #waits() {
    return this.#denies ? this.#memory : sessionStorage;
  }

  #looked({ target, isIntersecting, intersectionRatio }) {
    const watched = this.#watched.get(target);
    if (!watched) return;
    clearTimeout(watched.timer);
    if (!isIntersecting || intersectionRatio < 0.5) return;
    watched.timer = setTimeout(() => {
      // A tab in the background shows nothing; it is looked at again when it comes back.
      if (document.visibilityState !== "visible") return;
      this.#observer.unobserve(target);
      this.#watched.delete(target);
      if (this.#seen.has(watched.once)) return;
      this.#seen.add(watched.once);
      watched.report();
    }, this.#viewMs);
  }

  #headers() {
    return { "Content-Type": "application/json", Authorization: `Bearer ${this.#key}` };
  }

  /** What signs that this browser may speak for its visitor, and for who logged in; asked for once, at first contact. */
  async #tokens() {
    const visitor = this.visitorId;
    if (this.#denies) return {}; // nobody to speak for
    const kept = readJson(this.#kept, "shopwindow.token", {});
    if (kept.visitor !== visitor) await (this.#contact ??= this.#meet(visitor));
    return this.#keptTokens();
  }

  #keptTokens() {
    const { visitor, token } = readJson(this.#kept, "shopwindow.token", {});
    return { visitor_token: visitor === this.visitorId ? token : undefined, user_token: this.#user.user_token };
  }

  async #meet(visitor) {
    try {
      const response = await fetch(`${this.#url}/v1/visitor-tokens`, {
        method: "POST",
        headers: this.#headers(),
        body: JSON.stringify({ visitor_id: visitor }),
        signal: AbortSignal.timeout(this.#timeoutMs),
      });
      if (!response.ok) return; // it was seen before there were tokens: as nobody known it needs none
      const { visitor_token } = await response.json();
      write(this.#kept, "shopwindow.token", JSON.stringify({ visitor, token: visitor_token }));
    } catch {
      this.#contact = null; // the engine cannot be reached: next time
    }
  }

  #schedule(delayMs) {
    if (!this.#timer) this.#timer = setTimeout(() => this.flush(), delayMs);
  }

  #keep() {
    write(this.#waits, "shopwindow.waiting", JSON.stringify(this.#waiting));
  }

  async #send(batch, leaving = false) {
    // The server's clock is the better one, unless the event had to wait for us.
    const events = batch.map(({ entry, at, tried }) => (tried ? { ...entry, timestamp: at } : entry));
    for (const waiting of batch) waiting.tried = true;
    let done = false;
    try {
      const tokens = leaving ? this.#keptTokens() : await this.#tokens();
      const response = await fetch(`${this.#url}/v1/events`, {
        method: "POST",
        headers: this.#headers(),
        body: JSON.stringify({ events, ...tokens, consent: this.#consent }),
        keepalive: true, // it reaches the server even when a click has already left the page
        signal: AbortSignal.timeout(this.#timeoutMs),
      });
      // What is wrong with the events themselves stays wrong; the rest is worth another try.
      done = response.status < 500 && response.status !== 429 && response.status !== 408;
      if (!response.ok) console.warn(`shopwindow: events answered ${response.status}`);
    } catch (error) {
      console.warn(`shopwindow: events not sent: ${error.message}`);
    }
    if (done) {
      this.#waiting = this.#waiting.filter((waiting) => !batch.includes(waiting));
      this.#retryMs = RETRY_FIRST_MS;
    } else {
      this.#schedule(this.#retryMs);
      this.#retryMs = Math.min(2 * this.#retryMs, RETRY_LAST_MS);
    }
    this.#keep();
    return done;
  }

  #leave() {
    // sendBeacon cannot carry the key in a header; fetch with keepalive lives as long as a beacon.
    const unsent = this.#waiting.filter(({ tried }) => !tried).slice(0, MAX_BATCH);
    if (unsent.length) this.#send(unsent, true);
  }
}

function slotParams(decisionId, placement, slot) {
  return {
    decision_id: decisionId,
    promotion_id: slot.campaign_id,
    creative_name: slot.creative_id,
    creative_slot: `${placement}:${slot.position}`,
  };
}

/** A storage that lasts as long as its page. */
class Memory {
  #values = new Map();
  getItem(name) {
    return this.#values.get(name) ?? null;
  }
  setItem(name, value) {
    this.#values.set(name, value);
  }
  removeItem(name) {
    this.#values.delete(name);
  }
}

// Storage may be full or forbidden; a page works without it.
function read(storage, name) {
  try {
    return storage.getItem(name);
  } catch {
    return null;
  }
}

function readJson(storage, name, otherwise) {
  try {
    return JSON.parse(storage.getItem(name)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

function write(storage, name, value) {
  try {
    storage.setItem(name, value);
  } catch {
    // nothing to keep it in
  }
}

function drop(storage, name) {
  try {
    storage.removeItem(name);
  } catch {
    // nothing was kept
  }
}
