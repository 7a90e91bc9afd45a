/*
 * Small comforts. Every page works without this file.
 *
 *   .menu                     closes on Escape and on a tap elsewhere
 *   .segment                  a second tap on the chosen answer takes it back (so does Delete)
 *   form[method=post]         shows that it is being sent, and is sent once
 *   input[data-browser-zone]  an empty one gets the browser's time zone
 *   button[data-print]        prints the page
 */
(() => {
  "use strict";

  const closeMenus = (except) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (menu !== except) menu.open = false;
    }
  };

  document.addEventListener("click", (event) => {
    closeMenus(event.target.closest("details.menu"));
    if (event.target.closest("[data-print]")) window.print();
  });

  document.addEventListener("keydown", (event) => {
    const menu = event.target.closest("details.menu[open]");
    if (event.key === "Escape" && menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
    const answer = event.target.closest(".segment input");
    if (answer && (event.key === "Delete" || event.key === "Backspace")) {
      answer.checked = false;
    }
  });

  // A click alone cannot tell: by then the radio is checked either way.
  let wasChecked = null;
  document.addEventListener("pointerdown", (event) => {
    const answer = event.target.closest(".segment")?.querySelector("input");
    wasChecked = answer?.checked ? answer : null;
  });
  document.addEventListener("click", (event) => {
    if (event.target.matches(".segment input") && event.target === wasChecked) {
      event.target.checked = false;
      wasChecked = null;
    }
  });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    if (form.getAttribute("aria-busy") === "true") {
      event.preventDefault();
      return;
    }
    form.setAttribute("aria-busy", "true");
  });
  // A page that comes back from the browser's cache, or never left, is not busy.
  const rest = () => {
    for (const form of document.querySelectorAll("form[aria-busy]")) {
      form.removeAttribute("aria-busy");
    }
  };
  window.addEventListener("pageshow", rest);
  document.addEventListener("submit", () => setTimeout(rest, 10000));

  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  for (const field of document.querySelectorAll("[data-browser-zone]")) {
    if (!field.value && zone) field.value = zone;
  }
})();
