// Runs before first paint: turns theme "auto" into light or dark, so that one set of tokens serves both.
(function () {
  var root = document.documentElement;
  if (root.dataset.theme === "auto") {
    root.dataset.theme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  }
  root.dataset.script = "on";
})();
