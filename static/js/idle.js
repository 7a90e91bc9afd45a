/*
 * Warns two minutes before a sign-in ends without use, and keeps what was typed.
 *
 * The server knows when it ends (another tab may have been used meanwhile), so it is asked
 * before anything is shown. At the end a page with nothing typed in it goes to the sign-in;
 * one with something typed is covered and waits: after a new sign-in of the same person its
 * forms get a new token and can be sent.
 */
(() => {
  "use strict";

  const box = document.getElementById("idle");
  if (!box) return;
  const WARNING = 120; // seconds before the end
  let typed = false;
  let timer = null;
  let focused = null;

  document.addEventListener("input", (event) => {
    if (event.target.form?.method === "post") typed = true;
  });

  const ask = async (method) => {
    const token = document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
    const answer = await fetch(box.dataset.url, {
      method,
      headers: method === "POST" ? { "X-CSRFToken": token } : {},
    });
    return answer.ok ? answer.json() : { seconds: 0 };
  };

  const show = (state) => {
    for (const part of box.querySelectorAll("[data-idle]")) {
      part.hidden = part.dataset.idle !== state;
    }
    document.body.classList.toggle("is-covered", state === "over");
    for (const other of document.body.children) {
      if (other !== box) other.inert = state !== null;
    }
    if (state === null) {
      box.hidden = true;
      focused?.focus();
      return;
    }
    if (box.hidden) focused = document.activeElement;
    box.hidden = false;
    box.querySelector("h2").focus();
  };

  const wait = (seconds) => {
    clearTimeout(timer);
    timer = setTimeout(look, Math.max(1, seconds) * 1000);
  };

  const follow = ({ seconds, user, token }) => {
    if (seconds <= 0 || String(user) !== box.dataset.user) {
      if (typed) show("over");
      else {
        const here = location.pathname + location.search;
        location.replace(`${box.dataset.login}?next=${encodeURIComponent(here)}`);
      }
      return;
    }
    for (const field of document.querySelectorAll("[name=csrfmiddlewaretoken]")) {
      field.value = token;
    }
    show(seconds <= WARNING ? "soon" : null);
    wait(seconds <= WARNING ? seconds + 1 : seconds - WARNING);
  };

  // Only the newest answer counts. Without a network nothing can be said: ask again.
  let asked = 0;
  const question = (method) => () => {
    const mine = ++asked;
    const newest = (then) => (answer) => mine === asked && then(answer);
    ask(method).then(newest(follow), newest(() => wait(30)));
  };
  const look = question("GET");
  const stay = question("POST");

  box.querySelector("[data-idle-stay]").addEventListener("click", stay);
  box.querySelector("[data-idle-back]").addEventListener("click", look);
  // A phone that slept, or a page from the browser's memory: timers stood still.
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") look();
  });
  window.addEventListener("pageshow", (event) => event.persisted && look());
  // Somebody may have signed out in another tab: see signed-out.js.
  if ("BroadcastChannel" in window) {
    new BroadcastChannel("sign-in").addEventListener("message", look);
  }
  look();
})();
