// The table of problems: sorted by a heading, filtered by choices, by text and by every count of
// problems on the page, whose link (#only-GROUP) the back button takes back; a row opens to its
// completions. All that outsiders wrote is set as text, never as markup.
const details = JSON.parse(document.getElementById("details").textContent);
const images = JSON.parse(document.getElementById("images").textContent);
const table = document.getElementById("problems");

function element(name, text = "", kind = "") {
  const made = document.createElement(name);
  made.textContent = text;
  if (kind) made.className = kind;
  return made;
}

function labelled(name, text) {
  const line = element("p", "", "mark");
  line.append(element("strong", `${name}: `), text);
  return line;
}

function opened(about, columns) {
  const row = element("tr", "", "opened");
  const cell = row.appendChild(element("td"));
  cell.colSpan = columns;
  const place = cell.appendChild(element("div", "", "sheet"));
  const bar = place.appendChild(element("div", "", "bar"));
  for (const [step, name] of [[-1, "Previous"], [1, "Next"]]) {
    const button = bar.appendChild(element("button", name));
    button.type = "button";
    button.addEventListener("click", () => move(step));
  }
  bar.append(element("span", `Problem ${about.id}. Keys: p and n, Escape closes.`, "small muted"));
  place.append(labelled("Question", ""), ...pictures(about), quoted(about.question));
  place.append(labelled("Reference", about.reference));
  const arms = place.appendChild(element("div", "", "pair"));
  for (const { role, text } of about.arms) {
    const arm = arms.appendChild(element("div"));
    const head = arm.appendChild(element("h3", role, role));
    head.append(element("span", ` ${text}`, "small muted"));
    const draws = about.draws.filter((draw) => draw.role === role);
    if (!draws.length) arm.append(element("p", "None of its completions is in this page.", "small muted"));
    for (const draw of draws) arm.append(element("p", draw.mark, "mark"), draw.turns ? spoken(draw.turns) : quoted(draw.text));
  }
  return row;
}

function pictures({ images: names, unseen }) {
  const shown = names.map((name, i) => {
    const image = element("img", "", "picture");
    image.loading = "lazy";
    image.alt = `Image ${i + 1} of ${names.length} of the question`;
    image.src = images[name];
    return image;
  });
  return unseen ? [...shown, element("p", unseen, "small muted")] : shown;
}

function spoken(turns) {
  const block = quoted("");
  for (const [role, text] of turns) block.append(element("strong", role, "role"), element("span", text, "turn"));
  return block;
}

function quoted(text) {
  const block = element("pre", text);
  block.dir = "ltr";
  block.tabIndex = 0;
  return block;
}

const body = table?.tBodies[0];
const rows = table ? [...body.rows] : [];
let current = null;

function shownRows() {
  return [...body.rows].filter((row) => row.dataset.index && !row.hidden);
}

function close() {
  if (!current) return;
  current.nextElementSibling.remove();
  const button = current.querySelector("button");
  button.setAttribute("aria-expanded", "false");
  current = null;
  return button;
}

function open(row) {
  const again = row === current;
  close();
  if (again) return;
  current = row;
  row.after(opened(details[row.dataset.index], row.cells.length));
  const button = row.querySelector("button");
  button.setAttribute("aria-expanded", "true");
  button.focus({ preventScroll: true });
  for (const one of [row.nextElementSibling, row]) {
    one.scrollIntoView({ block: "nearest", inline: "start" });
  }
}

function move(step) {
  const shown = shownRows();
  const target = shown[shown.indexOf(current) + step];
  if (current && target) open(target);
}

function number(row, column) {
  const value = row.cells[column].dataset.value;
  return value === "" ? -Infinity : Number(value);
}

function sort(heading, column) {
  const down = heading.getAttribute("aria-sort") === "ascending";
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", down ? "descending" : "ascending");
  close();
  const numeric = rows.some((row) => row.cells[column].dataset.value !== undefined);
  const words = (row) => row.cells[column].textContent;
  rows.sort((a, b) =>
    numeric ? number(a, column) - number(b, column) : words(a).localeCompare(words(b)),
  );
  if (down) rows.reverse();
  body.append(...rows);
}

const choices = [...document.querySelectorAll("[data-filter=group]")];
const search = document.querySelector("[data-filter=text]");
const shown = document.getElementById("shown");
const ONLY = "#only-";

function filter() {
  close();
  const groups = choices.map((one) => one.value).filter((value) => value);
  const wanted = search.value.trim().toLowerCase();
  let count = 0;
  for (const row of rows) {
    const text = `${row.textContent} ${details[row.dataset.index].question}`.toLowerCase();
    const member = row.dataset.groups.split(" ");
    row.hidden = !(groups.every((one) => member.includes(one)) && text.includes(wanted));
    count += !row.hidden;
  }
  const chosen = choices.filter((one) => one.value);
  const names = chosen.map((one) => `${one.dataset.name}: ${one.selectedOptions[0].dataset.title}`);
  const what = names.length ? ` (${names.join("; ")})` : "";
  const problems = rows.length === 1 ? "problem" : "problems";
  shown.querySelector("[role=status]").textContent =
    `${count} of ${rows.length} ${problems} shown${what}`;
  shown.querySelector("a").hidden = count === rows.length;
}

function only(group) {
  const known = choices.find((one) => [...one.options].some((option) => option.value === group));
  for (const one of choices) one.value = one === known ? group : "";
  search.value = "";
  filter();
}

// Followed, or come back to: the address says which problems are shown.
function follow() {
  const asked = location.hash.startsWith(ONLY);
  only(asked ? location.hash.slice(ONLY.length) : "");
  if (!asked) return;
  document.getElementById("filters").scrollIntoView({ block: "start" });
  shown.focus({ preventScroll: true });
}

if (table) {
  document.getElementById("filters").hidden = false;
  for (const one of [...choices, search]) one.addEventListener("input", filter);
  for (const link of document.querySelectorAll(`a[href^="${ONLY}"]`)) {
    link.addEventListener("click", () => link.hash === location.hash && follow());
  }
  addEventListener("hashchange", follow);
  if (location.hash.startsWith(ONLY)) follow();
  [...table.tHead.rows[0].cells].forEach((heading, column) => {
    heading.querySelector("button").addEventListener("click", () => sort(heading, column));
  });
  for (const row of rows) row.querySelector("button").addEventListener("click", () => open(row));
  document.addEventListener("keydown", (event) => {
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
    if (!current || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "n" || event.key === "j") move(1);
    else if (event.key === "p" || event.key === "k") move(-1);
    else if (event.key === "Escape") close().focus();
  });
}
