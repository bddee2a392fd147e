
// The charts again, with what was logged since; the page's own script says when.
document.addEventListener("passgap-changed", async (event) => {
  if (!event.detail.includes("charts")) return;
  const answer = await fetch(`${location.pathname}/charts`);
  if (!answer.ok) return;
  Object.assign(specs, await answer.json());
  for (const place of document.querySelectorAll("[data-chart]")) {
    draw(place, specs[place.dataset.chart]);
  }
});
