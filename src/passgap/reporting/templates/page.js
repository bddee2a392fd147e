// Draws every chart. Vega's expression interpreter (ast) needs no eval, which the page forbids.
const specs = JSON.parse(document.getElementById("charts").textContent);
const options = {
  mode: "vega-lite",
  ast: true,
  actions: false,
  renderer: "svg",
  defaultStyle: false,
  tooltip: { disableDefaultStyle: true, theme: "own" },
};
for (const place of document.querySelectorAll("[data-chart]")) {
  vegaEmbed(place, specs[place.dataset.chart], options).catch((error) => {
    place.textContent = `This chart could not be drawn: ${error.message}`;
  });
}
