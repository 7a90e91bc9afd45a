/* Says that a passkey was not used; allauth's own script would tell only the console. */
document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  const words = document.getElementById("passkey-failed");
  words.hidden = false;
  words.scrollIntoView({ block: "center" });
});
