/*
 * Counts how long someone has been standing, for the second step of a blood pressure.
 * The page works without it: the step says "after 1 to 3 minutes".
 */
(() => {
  "use strict";

  const EARLIEST = 60; // seconds
  const LATEST = 180;

  for (const counter of document.querySelectorAll("[data-standing]")) {
    const shown = counter.querySelector("output");
    const words = counter.querySelector("[role=status]");
    let timer = null;

    const tell = (text) => {
      if (words.textContent !== text) words.textContent = text; // said aloud once
    };

    const count = (since) => {
      const seconds = Math.floor((Date.now() - since) / 1000);
      const rest = String(seconds % 60).padStart(2, "0");
      shown.textContent = `${Math.floor(seconds / 60)}:${rest}`;
      if (seconds < EARLIEST) tell(counter.dataset.wait);
      else if (seconds < LATEST) tell(counter.dataset.now);
      else {
        tell(counter.dataset.late);
        clearInterval(timer);
      }
    };

    counter.querySelector("button").addEventListener("click", () => {
      const since = Date.now();
      clearInterval(timer);
      timer = setInterval(() => count(since), 500);
      count(since);
    });
    counter.hidden = false;
  }
})();
