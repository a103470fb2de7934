// The token is in a cookie by now, and need not stay in the address or the history.
const here = new URL(location.href);
if (here.searchParams.has("token")) {
  here.searchParams.delete("token");
  history.replaceState(null, "", here.pathname + here.search);
}
// Keys go to the terminal at once; without this it waits for a click.
const terminal = () => document.querySelector(".xterm-helper-textarea")?.focus();
addEventListener("load", () => setTimeout(terminal));
addEventListener("focus", terminal);
