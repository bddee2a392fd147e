// Draws every chart, makes its log axis linear and back, and hands out picture and data.
// Vega's expression interpreter (ast) needs no eval, which the page forbids.
const specs = JSON.parse(document.getElementById("charts").textContent);
const palette = JSON.parse(document.getElementById("palette").textContent);
const views = {};
const PIXELS = 2; // a point of the PNG
const KEPT_MS = 60_000; // a file that the browser has been slow to save
const options = {
  mode: "vega-lite",
  ast: true,
  actions: false,
  renderer: "svg",
  defaultStyle: false,
  tooltip: { disableDefaultStyle: true, theme: "own" },
};

function linear(spec) {
  if (Array.isArray(spec)) return spec.map(linear);
  if (spec === null || typeof spec !== "object") return spec;
  const copy = Object.fromEntries(Object.entries(spec).map(([name, at]) => [name, linear(at)]));
  if (copy.scale?.type === "log") {
    copy.scale = { ...copy.scale, type: "linear" };
    delete copy.scale.base;
    if (copy.axis) copy.axis = { ...copy.axis, values: undefined, tickCount: 6 };
  }
  return copy;
}

// Where there is little room a legend goes over several lines, as it cannot know by itself.
const NARROW = 480;

function fitted(spec, width) {
  if (width >= NARROW) return spec;
  const legend = { ...spec.config.legend, columns: 2, columnPadding: 14, labelLimit: width / 2 - 40 };
  return { ...spec, config: { ...spec.config, legend } };
}

async function draw(place, spec) {
  const name = place.dataset.chart;
  try {
    views[name]?.finalize();
    views[name] = await vegaEmbed(place, fitted(spec, place.clientWidth), options);
  } catch (error) {
    place.textContent = `This chart could not be drawn: ${error.message}`;
  }
}

function save(name, blob) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), KEPT_MS);
}

// As it stands on the page, in the light palette and on white, for a paper or a slide.
async function picture(name) {
  const drawn = await views[name].view.toSVG();
  const coloured = drawn.replace(/var\(--(\w+)\)/g, (_, colour) => palette[colour]);
  const paper = `<rect width="100%" height="100%" fill="${palette.paper}"/>`;
  return coloured.replace(/^<svg[^>]*>/, (open) => open + paper);
}

async function asPng(name) {
  const image = new Image();
  image.src = `data:image/svg+xml,${encodeURIComponent(await picture(name))}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = PIXELS * image.width;
  canvas.height = PIXELS * image.height;
  const pen = canvas.getContext("2d");
  pen.scale(PIXELS, PIXELS);
  pen.drawImage(image, 0, 0);
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}

function cell(value) {
  if (value === null || value === undefined) return "";
  const text = String(value);
  const inert = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
}

function csv(spec) {
  const { datasets, columns } = spec.usermeta.csv;
  const rows = datasets.flatMap((name) => spec.datasets[name]);
  const lines = [columns, ...rows.map((row) => columns.map((column) => row[column]))];
  return lines.map((line) => line.map(cell).join(",")).join("\n") + "\n";
}

const files = {
  csv: (name) => new Blob([csv(specs[name])], { type: "text/csv" }),
  svg: async (name) => new Blob([await picture(name)], { type: "image/svg+xml" }),
  png: asPng,
};

for (const place of document.querySelectorAll("[data-chart]")) {
  const name = place.dataset.chart;
  const tools = place.parentElement.querySelector(".tools");
  draw(place, specs[name]).then(() => (tools.hidden = false));
  for (const button of tools.querySelectorAll("[data-file]")) {
    const kind = button.dataset.file;
    button.addEventListener("click", async () => save(`${name}.${kind}`, await files[kind](name)));
  }
  const axis = tools.querySelector("[data-axis]");
  axis?.addEventListener("click", () => {
    const pressed = axis.getAttribute("aria-pressed") !== "true";
    axis.setAttribute("aria-pressed", String(pressed));
    draw(place, pressed ? linear(specs[name]) : specs[name]);
  });
}
