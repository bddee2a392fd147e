// The palette the reader chose, set before anything is drawn.
"use strict";
const chosen = localStorage.getItem("passgap-theme");
if (chosen === "dark" || chosen === "light") document.documentElement.dataset.theme = chosen;
