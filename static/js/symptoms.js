/*
 * Finds symptoms by plain words: "throwing up" leaves Vomiting. Without this file the
 * folded list is simply there.
 *
 *   [data-finder]          a box for words, hidden until it works; it has no name, so
 *                          nothing of it is ever sent
 *   [data-words]           what a symptom is found by; below [data-symptoms-above] it is
 *                          named and linked instead of hidden
 *   [data-group]           a heading with its symptoms, hidden when none is left
 */
(() => {
  "use strict";

  const plain = (text) =>
    text.toLowerCase().normalize("NFD").replace(/\p{Diacritic}/gu, "");

  for (const finder of document.querySelectorAll("[data-finder]")) {
    const box = finder.querySelector("input");
    const told = finder.querySelector("[role=status]");
    const list = finder.parentElement;
    const above = finder.closest("form");
    finder.hidden = false;

    const found = (symptom, asked) => {
      const words = plain(symptom.dataset.words);
      return asked.every((word) => words.includes(word));
    };

    const link = (symptom) => {
      const target = symptom.querySelector("fieldset");
      const anchor = document.createElement("a");
      anchor.href = `#${target.id}`;
      anchor.textContent = target.querySelector("legend").textContent.trim();
      return anchor;
    };

    const search = () => {
      const asked = plain(box.value).split(/\s+/).filter(Boolean);
      let left = 0;
      for (const symptom of list.querySelectorAll("[data-words]")) {
        const fits = found(symptom, asked);
        symptom.hidden = !fits && !symptom.querySelector("input:checked");
        left += fits;
      }
      for (const group of list.querySelectorAll("[data-group]")) {
        group.hidden = !group.querySelector("[data-words]:not([hidden])");
      }
      const further = asked.length
        ? [...above.querySelectorAll("[data-symptoms-above] [data-words]")].filter(
            (symptom) => found(symptom, asked),
          )
        : [];
      told.replaceChildren();
      if (!asked.length) return;
      if (left) told.append(`${told.dataset.found} ${left}. `);
      if (further.length) told.append(`${told.dataset.above} `, ...further.map(link));
      if (!left && !further.length) told.append(told.dataset.none);
    };

    box.addEventListener("input", search);
    // Enter looks for the word; it must not send a check-in.
    box.addEventListener("keydown", (event) => {
      if (event.key === "Enter") event.preventDefault();
    });
  }
})();
