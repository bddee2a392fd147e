// On a report in the viewer: from each problem of the table to all its samples.
"use strict";

const [, kind, first, second] = location.pathname.split("/");
const beside = kind === "compare" ? `?with=${second}` : "";
const about = JSON.parse(document.getElementById("details").textContent);
const lines = document.querySelector("#problems tbody");

function allSamples(row, text) {
  const { id } = about[row.dataset.index];
  const link = document.createElement("a");
  link.href = `/run/${first}/problem/${encodeURIComponent(id)}${beside}`;
  link.textContent = text;
  link.title = "All samples";
  link.setAttribute("aria-label", `All samples of problem ${id}`);
  return link;
}

if (lines) {
  for (const row of lines.querySelectorAll("tr[data-index]")) {
    row.cells[0].append(" ", allSamples(row, "↗"));
  }
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes) {
      for (const node of addedNodes) {
        if (!node.classList?.contains("opened")) continue;
        const row = node.previousElementSibling;
        node.querySelector(".sheet").prepend(allSamples(row, "All samples of this problem"));
      }
    }
  }).observe(lines, { childList: true });
}
