/*
 * Ties the chips "now", "2 h ago", "earlier" to the field for date and time, and offers
 * the device's time zone where the form is on another. Every form works without it: a
 * date and time that are filled in count.
 */
(() => {
  "use strict";

  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;

  for (const moment of document.querySelectorAll("[data-moment]")) {
    const at = moment.querySelector("[name=at]");
    const chips = [...moment.querySelectorAll("[name=ago]")];
    const earlier = chips.find((chip) => chip.value === "earlier");

    at.addEventListener("input", () => {
      if (at.value) earlier.checked = true;
    });
    for (const chip of chips) {
      chip.addEventListener("change", () => {
        if (chip === earlier) at.focus();
        else at.value = "";
      });
    }

    const notice = moment.querySelector("[data-other-zone]");
    const zone = moment.querySelector("[name=zone]");
    const known = [...zone.options].some((option) => option.value === here);
    if (notice && known && notice.dataset.otherZone !== here) {
      notice.querySelector("[data-device-zone]").textContent = here.replaceAll("_", " ");
      notice.hidden = false;
      notice.querySelector("button").addEventListener("click", () => {
        zone.value = here;
        zone.closest("details").open = true;
        notice.hidden = true;
        zone.focus();
      });
    }
  }
})();
