// Light or dark: as the system says, until the reader switches; kept where the browser allows it.
const root = document.documentElement;
const toggle = document.getElementById("theme");
const systemDark = matchMedia("(prefers-color-scheme: dark)");
const KEPT = "passgap-theme";

function storage(use) {
  try {
    return use(localStorage); // refused in a sandboxed frame, where the page works all the same
  } catch {
    return null;
  }
}

function isDark() {
  return root.dataset.theme ? root.dataset.theme === "dark" : systemDark.matches;
}

function labelToggle() {
  toggle.textContent = isDark() ? "Light" : "Dark";
  toggle.setAttribute("aria-label", `Switch to ${isDark() ? "light" : "dark"} colours`);
}

const kept = storage((place) => place.getItem(KEPT));
if (kept === "dark" || kept === "light") root.dataset.theme = kept;
labelToggle();
toggle.hidden = false;
systemDark.addEventListener("change", labelToggle);
toggle.addEventListener("click", () => {
  root.dataset.theme = isDark() ? "light" : "dark";
  storage((place) => place.setItem(KEPT, root.dataset.theme));
  labelToggle();
});
