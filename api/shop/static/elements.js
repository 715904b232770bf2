/** Elements of the sample shop's pages: what pages are made of, prices, and items as events name them. */

const SIGNS = { EUR: "€", USD: "$", GBP: "£" };

export function make(tag, classes = "", text = "") {
  const element = document.createElement(tag);
  if (classes) element.className = classes;
  if (text) element.textContent = text;
  return element;
}

export function find(selector, within = document) {
  return within.querySelector(selector);
}

/** A link or picture address only if it is a path of this site or http(s). */
export function safe(address) {
  try {
    const url = new URL(address, location.origin);
    return url.protocol === "http:" || url.protocol === "https:" ? url.href : "";
  } catch {
    return "";
  }
}

export function money(amount, currency) {
  if (amount === null || amount === undefined) return "";
  const sign = SIGNS[currency] ?? (currency ? `${currency} ` : "");
  return sign + amount.toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
}

function priceOf(item) {
  return item.sale_price ?? item.price ?? 0;
}

export function priceElement(item) {
  const price = make("span", "price");
  if (item.sale_price === null || item.sale_price === undefined) {
    price.textContent = money(item.price, item.currency);
    return price;
  }
  const before = make("s");
  before.append(make("span", "unseen", "instead of "), money(item.price, item.currency));
  price.append(make("span", "sale", money(item.sale_price, item.currency)), " ", before);
  return price;
}

/** An item as GA4 names it. */
export function eventItem(item, more = {}) {
  const entry = { item_id: item.item_id, ...more };
  if (item.title) entry.item_name = item.title;
  if (item.brand) entry.item_brand = item.brand;
  (item.category ?? []).slice(0, 5).forEach((name, level) => {
    entry[`item_category${level ? level + 1 : ""}`] = name;
  });
  if (item.price !== null && item.price !== undefined) entry.price = priceOf(item);
  return entry;
}

export function amount(items) {
  const cents = items.reduce((sum, item) => sum + Math.round(100 * priceOf(item)) * (item.quantity ?? 1), 0);
  return { value: cents / 100, currency: items.find((item) => item.currency)?.currency ?? "EUR" };
}
