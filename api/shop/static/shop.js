/** The sample shop's pages: fill what the server reserved, and tell the engine what the visitor does. */

import { amount, eventItem, find, make, money, priceElement, safe } from "./elements.js";
import { Shopwindow, randomId } from "./shopwindow.js";

const LISTS = {
  home: [
    ["for_you", 12],
    ["trending", 6],
    ["new", 6],
    ["recently_viewed", 6],
  ],
  product: [
    ["similar", 6],
    ["also_bought", 6],
  ],
  cart: [["also_bought", 6]],
  search: [["trending", 6]],
  not_found: [["trending", 6]],
  category: [],
};
const SLIDE_MS = 6000;
// The engine learns beside the request; these are the waits before we look whether it has.
const LOOK_AGAIN_MS = [8, 12, 20, 40, 80, 160, 320];

const page = document.body.dataset.page;
const data = JSON.parse(document.getElementById("page-data").textContent);
const shopwindow = new Shopwindow({ key: document.querySelector("meta[name=shopwindow-key]").content });

// ---------------------------------------------------------------- the cart, kept by the page

const cart = {
  get lines() {
    try {
      return JSON.parse(localStorage.getItem("shop.cart")) ?? [];
    } catch {
      return [];
    }
  },
  set lines(lines) {
    localStorage.setItem("shop.cart", JSON.stringify(lines));
    cart.count();
  },
  count() {
    const count = cart.lines.reduce((sum, line) => sum + line.quantity, 0);
    find("[data-cart-count]").textContent = count;
  },
  add(item) {
    const lines = cart.lines;
    const line = lines.find(({ item_id }) => item_id === item.item_id);
    if (line) line.quantity += 1;
    else lines.push({ ...item, quantity: 1 });
    cart.lines = lines;
    shopwindow.track("add_to_cart", { items: [eventItem(item, { quantity: 1 })], params: amount([item]) });
  },
  change(item_id, quantity) {
    const lines = cart.lines;
    const line = lines.find((one) => one.item_id === item_id);
    if (!line || quantity === line.quantity) return;
    const by = Math.abs(quantity - line.quantity);
    const event = quantity > line.quantity ? "add_to_cart" : "remove_from_cart";
    const params = amount([{ ...line, quantity: by }]);
    shopwindow.track(event, { items: [eventItem(line, { quantity: by })], params });
    line.quantity = quantity;
    cart.lines = lines.filter((one) => one.quantity > 0);
  },
};

// ---------------------------------------------------------------- the strip at the bottom

function age(ms) {
  if (ms === null || ms === undefined) return "none yet";
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 120_000) return `${(ms / 1000).toFixed(1)} s`;
  return ms < 7_200_000 ? `${Math.round(ms / 60_000)} min` : `${Math.round(ms / 3_600_000)} h`;
}

const strip = {
  start() {
    const visitor = find("[data-engine-visitor]");
    visitor.textContent = visitor.title = shopwindow.visitorId;
    strip.freshness(sessionStorage.getItem("shop.freshness"));
    find("[data-new-visitor]").addEventListener("click", () => {
      shopwindow.forget();
      localStorage.removeItem("shop.cart");
      sessionStorage.removeItem("shop.freshness");
      location.assign("/shop/");
    });
  },
  freshness(ms) {
    if (ms === null || ms === undefined || ms === "") return;
    sessionStorage.setItem("shop.freshness", ms);
    find("[data-engine-freshness]").textContent = `${Number(ms).toFixed(Number(ms) < 100 ? 1 : 0)} ms`;
  },
  /** Show what a decision says of itself; the tier and reason are those of the first thing on the page. */
  show(decision) {
    const state = decision.state ?? {};
    find("[data-engine-events]").textContent = state.events_seen ?? 0;
    find("[data-engine-age]").textContent = age(state.age_ms);
    find("[data-engine-holdout]").textContent = decision.holdout ? "yes" : "no";
    strip.freshness(state.freshness_ms);
    const first = [...Object.values(decision.placements ?? {}), ...Object.values(decision.lists ?? {})][0];
    if (!first) return;
    const tier = find("[data-engine-tier]");
    tier.textContent = first.tier;
    tier.dataset.tier = first.tier;
    find("[data-engine-reason]").textContent = first.reason;
    find("[data-engine-reason]").title = first.reason;
  },
  fail() {
    find("[data-engine-tier]").textContent = "no answer";
  },
};

/** Look whether the newest click has been used, until it has; the page itself stays as it is. */
async function lookAgain(decision) {
  let state = decision.state ?? {};
  for (const delayMs of LOOK_AGAIN_MS) {
    if (state.freshness_ms !== null && state.freshness_ms !== undefined) return;
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    const again = await shopwindow.decide({ lists: [{ name: "look", strategy: "recently_viewed", limit: 1 }] });
    state = again.state ?? {};
    strip.show({ state, holdout: again.holdout });
  }
}

// ---------------------------------------------------------------- product lists

function card(item, decision, list, index) {
  const element = make("li", "card");
  element.dataset.itemId = item.item_id;
  const link = make("a");
  link.href = safe(item.link);
  const picture = make("span", "picture");
  const image = make("img");
  image.src = safe(item.image_link);
  image.alt = item.title ?? item.item_id;
  image.width = image.height = 300;
  picture.append(image);
  if (item.sale_price !== null && item.sale_price !== undefined) picture.append(make("span", "badge", "Sale"));
  link.append(picture, make("span", "name", item.title ?? item.item_id), priceElement(item));
  if (item.reason) link.append(make("span", "reason", item.reason));
  link.addEventListener("click", () => {
    const params = { decision_id: decision.decision_id, item_list_id: list.strategy };
    shopwindow.track("select_item", { params, items: [{ item_id: item.item_id, index: item.position ?? index }] });
  });
  element.append(link);
  return element;
}

function fillList(row, decision, list) {
  const items = list?.items ?? [];
  row.hidden = items.length === 0;
  find("[data-cards]", row).replaceChildren(...items.map((item, index) => card(item, decision, list, index)));
  find("[data-reason]", row).textContent = list ? `${list.reason} · ${list.tier}` : "";
  if (!items.length) return;
  shopwindow.watch(find("[data-cards]", row), `${decision.decision_id}|${list.strategy}`, () => {
    shopwindow.track("view_item_list", {
      params: { decision_id: decision.decision_id, item_list_id: list.strategy },
      items: items.map((item, index) => ({ item_id: item.item_id, index: item.position ?? index })),
    });
  });
}

// ---------------------------------------------------------------- banner slots

function banner(slot, decision, placement, classes) {
  const link = make("a", classes);
  link.href = safe(slot.link);
  link.dataset.creativeId = slot.creative_id;
  const image = make("img");
  image.src = safe(slot.image_link);
  image.alt = ""; // the headline beside it says the same
  image.width = 1200;
  image.height = 420;
  const words = make("span", "words");
  words.append(make("span", "headline", slot.headline));
  if (slot.text) words.append(make("span", "line", slot.text));
  words.append(make("span", "more", "Have a look"));
  const chance = slot.selection_probability;
  const shown = typeof chance === "number" ? ` · chance ${Math.round(100 * chance)} %` : "";
  link.append(image, words, make("span", "reason", `${slot.reason ?? ""}${shown}`));
  link.addEventListener("click", () => shopwindow.clickSlot(decision.decision_id, placement, slot));
  shopwindow.watchSlot(link, decision.decision_id, placement, slot);
  return link;
}

function fillCarousel(element, decision, filled) {
  const slots = filled?.slots ?? [];
  element.hidden = slots.length === 0;
  const track = find("[data-track]", element);
  const slides = slots.map((slot, index) => {
    const slide = make("div", "slide");
    slide.setAttribute("role", "group");
    slide.setAttribute("aria-roledescription", "slide");
    slide.setAttribute("aria-label", `${index + 1} of ${slots.length}`);
    slide.append(banner(slot, decision, element.dataset.placement, "banner"));
    return slide;
  });
  track.replaceChildren(...slides);
  find("[data-reason]", element).textContent = filled ? `${filled.reason} · ${filled.tier}` : "";
  turn(element, track, slides);
}

/** Arrows, keys, dots and time move the carousel; the track's scroll position is the only state. */
function turn(element, track, slides) {
  if (!slides.length) return;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const pause = find("[data-pause]", element);
  let stopped = calm;
  let held = false;
  const current = () => Math.round(track.scrollLeft / Math.max(1, track.clientWidth));
  const go = (index) => {
    const wrapped = (index + slides.length) % slides.length;
    track.scrollTo({ left: wrapped * track.clientWidth, behavior: calm ? "auto" : "smooth" });
  };
  const dots = slides.map((_, index) => {
    const dot = make("button", "dot");
    dot.type = "button";
    dot.setAttribute("aria-label", `Show banner ${index + 1}`);
    dot.addEventListener("click", () => go(index));
    return dot;
  });
  const mark = () => {
    dots.forEach((dot, index) => dot.setAttribute("aria-current", String(index === current())));
    // Links outside the visible slide are no stops for the tab key.
    slides.forEach((slide, index) => (find("a", slide).tabIndex = index === current() ? 0 : -1));
  };
  const label = () => {
    pause.textContent = stopped ? "Play" : "Pause";
    pause.setAttribute("aria-pressed", String(stopped));
  };
  find("[data-dots]", element).replaceChildren(...dots);
  find("[data-back]", element).addEventListener("click", () => go(current() - 1));
  find("[data-on]", element).addEventListener("click", () => go(current() + 1));
  pause.addEventListener("click", () => {
    stopped = !stopped;
    label();
  });
  track.addEventListener("scroll", mark, { passive: true });
  element.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    go(current() + step);
  });
  for (const name of ["pointerenter", "focusin"]) element.addEventListener(name, () => (held = true));
  for (const name of ["pointerleave", "focusout"]) element.addEventListener(name, () => (held = false));
  setInterval(() => {
    if (!stopped && !held && document.visibilityState === "visible") go(current() + 1);
  }, SLIDE_MS);
  label();
  mark();
}

function fillStrip(element, decision, filled) {
  const slots = filled?.slots ?? [];
  element.hidden = slots.length === 0;
  const tiles = slots.map((slot) => banner(slot, decision, element.dataset.placement, "tile banner"));
  find("[data-tiles]", element).replaceChildren(...tiles);
}

// ---------------------------------------------------------------- pages

/** Ask for all that this page shows in one call, and fill it. */
async function fill() {
  const rows = [...document.querySelectorAll("[data-list]")];
  const places = [...document.querySelectorAll("[data-placement]")];
  const inCart = cart.lines.map((line) => line.item_id);
  const item_id = page === "cart" ? inCart.at(-1) : data.item?.item_id;
  const limits = Object.fromEntries(LISTS[page] ?? []);
  const lists = rows
    .map((row) => row.dataset.list)
    .filter((name) => page !== "cart" || item_id !== undefined || name !== "also_bought")
    .map((name) => ({
      name,
      strategy: name,
      limit: limits[name] ?? 6,
      refill: name !== "recently_viewed", // what was never viewed has no place in it
      ...(["similar", "also_bought", "also_viewed"].includes(name) && item_id ? { item_id } : {}),
    }));
  const placements = places.map((place) => ({
    placement: place.dataset.placement,
    count: Number(place.dataset.count),
  }));
  // A page without lists of its own still wants to know how the engine sees the visitor.
  if (!lists.length && !placements.length) lists.push({ name: "for_you", strategy: "for_you", limit: 1 });
  try {
    const exclude = data.item ? [data.item.item_id] : [];
    const decision = await shopwindow.decide({ placements, lists, exclude });
    strip.show(decision);
    for (const row of rows) fillList(row, decision, decision.lists?.[row.dataset.list]);
    for (const place of places) {
      const fillPlace = place.classList.contains("carousel") ? fillCarousel : fillStrip;
      fillPlace(place, decision, decision.placements?.[place.dataset.placement]);
    }
    document.body.dataset.filled = "true";
    await lookAgain(decision);
    document.body.dataset.settled = "true";
  } catch (error) {
    console.warn(`shop: ${error.message}`);
    if (document.body.dataset.filled) return;
    strip.fail();
    for (const element of [...rows, ...places]) element.hidden = true;
  }
}

function startProduct() {
  shopwindow.track("view_item", { items: [eventItem(data.item)], params: amount([data.item]) });
  find("[data-add-to-cart]").addEventListener("click", () => {
    cart.add(data.item);
    find("[data-said]").textContent = "Added to your cart";
    fill();
  });
}

function startListing() {
  if (data.search_term) shopwindow.track("search", { params: { search_term: data.search_term } });
  const params = { item_list_id: data.list.id, item_list_name: data.list.name };
  if (data.items.length) {
    shopwindow.track("view_item_list", { params, items: data.items.map((item, index) => eventItem(item, { index })) });
  }
  for (const element of document.querySelectorAll("[data-grid] [data-item-id]")) {
    const index = data.items.findIndex(({ item_id }) => item_id === element.dataset.itemId);
    find("a", element).addEventListener("click", () => {
      shopwindow.track("select_item", { params, items: [eventItem(data.items[index], { index })] });
    });
  }
}

function cartLine(line) {
  const row = make("li", "line");
  const image = make("img");
  image.src = safe(line.image_link);
  image.alt = "";
  image.width = image.height = 88;
  const name = make("a", "name", line.title || line.item_id);
  name.href = safe(line.link);
  const quantity = make("input");
  quantity.type = "number";
  quantity.min = "0";
  quantity.max = "99";
  quantity.value = line.quantity;
  quantity.setAttribute("aria-label", `Quantity of ${line.title || line.item_id}`);
  quantity.addEventListener("change", () => {
    const wanted = Math.min(99, Math.max(0, Math.round(Number(quantity.value)) || 0));
    cart.change(line.item_id, wanted);
    showCart();
    fill();
  });
  const remove = make("button", "plain", "Remove");
  remove.type = "button";
  remove.setAttribute("aria-label", `Remove ${line.title || line.item_id}`);
  remove.addEventListener("click", () => {
    cart.change(line.item_id, 0);
    showCart();
    fill();
  });
  const total = make("span", "price", money(amount([line]).value, line.currency));
  row.append(image, name, quantity, total, remove);
  return row;
}

function showCart() {
  const lines = cart.lines;
  const place = find("[data-cart]");
  if (!lines.length) {
    const note = make("p", "note", "Nothing in it yet. ");
    const home = make("a", "", "Back to the shop window");
    home.href = "/shop/";
    note.append(home);
    place.replaceChildren(note);
    return;
  }
  const list = make("ul", "lines");
  list.append(...lines.map(cartLine));
  const { value, currency } = amount(lines);
  const sum = make("p", "sum");
  sum.append(make("span", "", "Total"), make("strong", "", money(value, currency)));
  const buy = make("button", "primary", "Buy now");
  buy.type = "button";
  buy.addEventListener("click", () => checkout(buy));
  place.replaceChildren(list, sum, buy);
}

async function checkout(button) {
  button.disabled = true;
  const lines = cart.lines;
  const items = lines.map((line) => eventItem(line, { quantity: line.quantity }));
  const transaction_id = `order-${randomId().slice(0, 12)}`;
  shopwindow.track("begin_checkout", { items, params: amount(lines) });
  shopwindow.track("purchase", { items, params: { transaction_id, ...amount(lines) } });
  await shopwindow.flush();
  cart.lines = [];
  const thanks = `Thank you! Your order ${transaction_id} goes nowhere: this is a sample.`;
  const note = make("p", "note good", thanks);
  find("[data-cart]").replaceChildren(note);
  fill();
}

function startCart() {
  const lines = cart.lines;
  const items = lines.map((line) => eventItem(line, { quantity: line.quantity }));
  if (items.length) shopwindow.track("view_cart", { items, params: amount(lines) });
  showCart();
}

// ---------------------------------------------------------------- invitations

function invite(message) {
  const box = make("aside", "invitation");
  box.setAttribute("role", "status");
  box.append(make("strong", "", message.message.headline || message.message.subject || "A word from the shop"));
  if (message.message.text) box.append(make("p", "", message.message.text));
  const list = make("ul");
  for (const item of message.recommended.slice(0, 3)) {
    const link = make("a", "", item.title || item.item_id);
    link.href = safe(item.link);
    link.addEventListener("click", () => shopwindow.tell("clicked", message));
    const line = make("li");
    line.append(link, " ", priceElement(item));
    list.append(line);
  }
  const close = make("button", "plain", "No, thanks");
  close.type = "button";
  close.addEventListener("click", () => {
    shopwindow.tell("dismissed", message);
    box.remove();
  });
  box.append(list, close);
  document.body.append(box);
  shopwindow.watch(box, `message|${message.message_id}`, () => shopwindow.tell("opened", message));
}

strip.start();
cart.count();
shopwindow.listen(invite);
shopwindow.track("page_view", {
  params: { page_location: location.href.slice(0, 400), page_title: document.title.slice(0, 200) },
});
({ product: startProduct, category: startListing, search: startListing, cart: startCart })[page]?.();
fill();
// A page from the browser's history cache shows what was true then; ask again.
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
