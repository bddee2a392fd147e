// Light and dark, keys, links to copy, and what changes while a page is open. All that outsiders
// wrote goes in as text, or as a part of this server's own page.
"use strict";

const root = document.documentElement;
const page = document.body.dataset;

function isDark() {
  if (root.dataset.theme) return root.dataset.theme === "dark";
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

const themeButton = document.getElementById("theme");
function nameTheme() {
  themeButton.textContent = isDark() ? "light" : "dark";
}
themeButton.addEventListener("click", () => {
  root.dataset.theme = isDark() ? "light" : "dark";
  localStorage.setItem("passgap-theme", root.dataset.theme);
  nameTheme();
});
nameTheme();

for (const select of document.querySelectorAll("form.filters:not([action='/compare']) select")) {
  select.addEventListener("change", () => select.form.requestSubmit());
}
for (const box of document.querySelectorAll("form.filters input[name=unscored]")) {
  box.addEventListener("change", () => box.form.requestSubmit());
}

// -- keys

function move(by) {
  const places = [...document.querySelectorAll("article.draw[tabindex], a.row")];
  const at = places.findIndex((place) => place === document.activeElement);
  const next = places[at < 0 ? (by > 0 ? 0 : -1) : at + by];
  if (next) {
    next.focus();
    next.scrollIntoView({ block: "nearest" });
    return;
  }
  const pagers = document.querySelectorAll(".pager[aria-label^=pages] a");
  const rel = by > 0 ? "next" : "prev";
  for (const link of pagers) if (link.rel === rel) location.assign(link.href);
}

function press(selector) {
  const found = document.querySelector(selector);
  if (found) found.click();
}

const keys = {
  j: () => move(1),
  k: () => move(-1),
  ArrowRight: () => page.next && location.assign(page.next),
  ArrowLeft: () => page.previous && location.assign(page.previous),
  u: () => page.up && location.assign(page.up),
  x: () => press("#exact"),
  r: () => press("form.marks button.right"),
  w: () => press("form.marks button.wrong"),
  s: () => press("form.marks button.unsure"),
  "/": () => document.querySelector("input[type=search]")?.focus(),
};

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, select, textarea");
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const act = keys[event.key];
  if (!act) return;
  if (event.key === "/") event.preventDefault();
  act();
});

// -- links to copy

async function copied(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const field = document.createElement("input"); // elsewhere than on this machine, over http
  field.value = text;
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  if (!done) throw new Error("not allowed");
}

for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const address = new URL(button.dataset.copy, location.origin).href;
    button.textContent = await copied(address).then(
      () => "copied",
      () => address,
    );
  });
}

// -- what changes while the page is open

async function takeParts() {
  const answer = await fetch(location.href);
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const place of document.querySelectorAll("[data-part]")) {
    const part = fresh.querySelector(`[data-part="${place.dataset.part}"]`);
    if (!part) continue;
    const open = [...place.querySelectorAll("details")].map((one) => one.open);
    place.replaceChildren(...part.childNodes);
    place.querySelectorAll("details").forEach((one, i) => (one.open = open[i] ?? one.open));
  }
}

async function look() {
  if (document.hidden) return;
  const url = new URL(page.live, location.origin);
  url.searchParams.set("seen", page.seen);
  const answer = await fetch(url);
  if (answer.status !== 200) return;
  const { version, values } = await answer.json();
  page.seen = version;
  if ("reload" in values) {
    location.reload();
    return;
  }
  for (const place of document.querySelectorAll("[data-value]")) {
    const value = values[place.dataset.value];
    if (value !== undefined) place.textContent = value;
  }
  for (const place of document.querySelectorAll("[data-tone]")) {
    const tone = values[place.dataset.tone];
    if (tone !== undefined) place.className = `tag ${tone}`;
  }
  if ("parts" in values) await takeParts();
  document.dispatchEvent(new CustomEvent("passgap-changed", { detail: Object.keys(values) }));
}

if (page.live) {
  const quietly = () => look().catch(() => {}); // the server may be gone: the page stays as it is
  setTimeout(quietly, 500);
  setInterval(quietly, 2000);
}
