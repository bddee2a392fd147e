// What the theme leaves out for keyboards and screen readers: a name for its search, and a focus
// for whatever scrolls sideways.
window.addEventListener("load", () => {
  document.querySelector(".md-search")?.setAttribute("aria-label", "Search");
  for (const one of document.querySelectorAll(".md-typeset__scrollwrap, .formula")) {
    one.tabIndex = 0;
  }
});
