// Keys go to the terminal at once; without this it waits for a click.
const terminal = () => document.querySelector(".xterm-helper-textarea")?.focus();
addEventListener("load", () => setTimeout(terminal));
addEventListener("focus", terminal);
