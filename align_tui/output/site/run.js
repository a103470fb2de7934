"use strict";
// Shows the decisions of one run. All text is set as text, and never read as HTML.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const byId = (id) => document.getElementById(id);
  const LISTED = 1000;
  const state = { scenario: 0, profile: -1, repeat: 0, query: "" };
  const decisions = new Map();
  const place = (scenario, profile, repeat) => `${scenario}/${profile}/${repeat}`;
  for (const each of data.decisions) {
    decisions.set(place(each.scenario, each.profile, each.repeat), each);
  }
  const decision = (scenario, profile) => decisions.get(place(scenario, profile, state.repeat));
  const letter = (index) => (index < 26 ? String.fromCharCode(65 + index) : String(index + 1));
  const number = (value) => (Number.isInteger(value) ? String(value) : value.toFixed(2));

  function element(tag, className, text) {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  function add(parent, ...children) {
    for (const child of children) if (child) parent.append(child);
    return parent;
  }

  // The text, with the parts that the search found marked.
  function found(tag, className, text) {
    const made = element(tag, className);
    const query = state.query;
    if (!query) return add(made, document.createTextNode(text));
    const low = text.toLowerCase();
    let from = 0;
    // A letter may change its length in lower case; then nothing is marked.
    for (let at = low.indexOf(query); at >= 0 && low.length === text.length; at = low.indexOf(query, from)) {
      add(made, document.createTextNode(text.slice(from, at)));
      add(made, element("mark", "", text.slice(at, at + query.length)));
      from = at + query.length;
    }
    return add(made, document.createTextNode(text.slice(from)));
  }

  // --- what the address names -------------------------------------------------------------

  function fragment(scenario, profile, repeat) {
    const named = new URLSearchParams();
    named.set("scenario", data.scenarios[scenario].key);
    if (profile >= 0) named.set("profile", data.profiles[profile].name);
    if (data.repeat > 1) named.set("repeat", String(repeat + 1));
    return `#${named}`;
  }

  function readAddress() {
    const named = new URLSearchParams(location.hash.slice(1));
    const at = (list, key, name) => list.findIndex((each) => each[key] === name);
    const scenario = at(data.scenarios, "key", named.get("scenario"));
    if (scenario >= 0) state.scenario = scenario;
    state.profile = at(data.profiles, "name", named.get("profile"));
    const repeat = Number(named.get("repeat") || 1) - 1;
    state.repeat = repeat >= 0 && repeat < data.repeat && Number.isInteger(repeat) ? repeat : 0;
    return scenario >= 0 || !named.has("scenario");
  }

  function show(changes) {
    Object.assign(state, changes);
    history.replaceState(null, "", fragment(state.scenario, state.profile, state.repeat));
    paint();
  }

  // --- the list of scenarios --------------------------------------------------------------

  function verdict(each) {
    if (!each) return "open";
    if (each.error) return "failed";
    const known = Object.values(each.scores || {}).map((score) => score.correct);
    if (known.includes(false)) return "wrong";
    return known.includes(true) ? "right" : "unscored";
  }

  function chosen(each) {
    if (!each || each.error || !each.answer) return null;
    return each.answer.kind === "choice" ? letter(each.answer.index) : "text";
  }

  function mark(each) {
    const signs = { open: "·", failed: "!", wrong: "✗", right: "✓", unscored: "" };
    const answer = chosen(each);
    return (answer === null ? "" : answer === "text" ? "…" : answer) + signs[verdict(each)];
  }

  function differs(scenario) {
    const taken = data.profiles.map((_, profile) => chosen(decision(scenario, profile)));
    return new Set(taken.filter((each) => each !== null)).size > 1;
  }

  const texts = data.scenarios.map((each) =>
    [each.key, each.title, each.text, ...each.choices.map((choice) => choice.text)].join("\n").toLowerCase());
  const reasons = data.scenarios.map(() => []);
  for (const each of data.decisions) {
    const said = [each.reasoning, each.thinking, each.error && each.error.message, each.answer && each.answer.text];
    reasons[each.scenario].push(said.filter(Boolean).join("\n").toLowerCase());
  }

  function listed() {
    const all = data.scenarios.map((_, index) => index);
    return all.filter((index) => {
      if (byId("differ").checked && !differs(index)) return false;
      const wrong = (_, profile) => ["wrong", "failed"].includes(verdict(decision(index, profile)));
      if (byId("failing").checked && !data.profiles.some(wrong)) return false;
      const query = state.query;
      return !query || texts[index].includes(query) || reasons[index].some((text) => text.includes(query));
    });
  }

  function paintList() {
    const items = listed();
    const list = byId("scenarios");
    list.replaceChildren();
    // Of a long list only the part around the current scenario is made, so that keys stay quick.
    const first = Math.max(0, Math.min(items.indexOf(state.scenario) - LISTED / 2, items.length - LISTED));
    for (const index of items.slice(first, first + LISTED)) {
      const scenario = data.scenarios[index];
      const link = element("a");
      link.href = fragment(index, state.profile, state.repeat);
      if (index === state.scenario) link.setAttribute("aria-current", "true");
      const marks = data.profiles.map((_, profile) => mark(decision(index, profile)).padEnd(2)).join(" ");
      add(link, found("span", "name", scenario.title || scenario.key), element("span", "marks", marks));
      add(list, add(element("li"), link));
    }
    byId("count").textContent = `${items.length} of ${data.scenarios.length} scenarios`;
    const current = list.querySelector("[aria-current]");
    if (current) current.scrollIntoView({ block: "nearest" });
    return items;
  }

  // --- one scenario -----------------------------------------------------------------------

  function bars(parent, title, rows) {
    if (!rows.length) return;
    const made = element("div", "bars");
    add(made, element("div", "head", title));
    for (const { name, value, tick, words } of rows) {
      const lane = element("div", "lane");
      const fill = element("div", "fill");
      fill.style.width = `${Math.max(0, Math.min(1, value)) * 100}%`;
      add(lane, fill);
      if (tick !== undefined) {
        const line = element("div", "tick");
        line.style.left = `${Math.max(0, Math.min(1, tick)) * 100}%`;
        line.title = `target ${number(tick)}`;
        add(lane, line);
      }
      add(made, element("span", "", name), lane, element("span", "", words || value.toFixed(2)));
    }
    add(parent, made);
  }

  function ratings(pane, each, profile) {
    const points = profile.points;
    for (const [index, row] of (each.predictions || []).entries()) {
      const rows = Object.entries(row).map(([name, one]) => ({
        name, value: one.mean, tick: points[name],
        words: one.samples.length > 1 ? `${one.mean.toFixed(2)} of ${one.samples.length}` : undefined,
      }));
      bars(pane, `${letter(index)}: ratings${rows.some((r) => r.tick !== undefined) ? ", the line is the target" : ""}`, rows);
    }
    if (each.relevance) {
      for (const [index, row] of each.relevance.by_choice.entries()) {
        const same = JSON.stringify(row) === JSON.stringify(each.relevance.by_choice[0]);
        if (index && same) continue;
        const title = index || each.relevance.by_choice.some((r) => JSON.stringify(r) !== JSON.stringify(row))
          ? `${letter(index)}: relevance` : "relevance";
        bars(pane, title, Object.entries(row).map(([name, value]) => ({ name, value })));
      }
    }
    if (each.probabilities) {
      bars(pane, "probability of each choice", each.probabilities.map((value, i) => ({ name: letter(i), value })));
    }
    if (each.votes.length) {
      bars(pane, "votes", each.votes.map((value, i) => ({ name: letter(i), value })));
    }
    const ranking = each.ranking;
    if (ranking) {
      const scores = ranking.scores.map((value, i) => `${letter(i)} ${value === null ? "–" : Number(value.toFixed(4))}`);
      const tied = ranking.best.length > 1 ? `; ${ranking.best.map(letter).join(" and ")} tied, taken by: ${ranking.tie_break}` : "";
      add(pane, element("p", "small", `${ranking.function} (${ranking.measure}): ${scores.join(", ")}${tied}`));
      for (const note of ranking.notes) add(pane, element("p", "small quiet", note));
    }
  }

  function folded(pane, title, text) {
    if (!text) return;
    const box = element("details");
    add(box, element("summary", "", title), found("div", "text small", text));
    // What the search looks for shall be seen.
    box.open = Boolean(state.query) && text.toLowerCase().includes(state.query);
    add(pane, box);
  }

  function scoreLine(profile, each) {
    const lines = element("p", "small");
    for (const score of profile.scores) {
      const got = (each.scores || {})[score.id];
      if (!got) continue;
      const word = got.correct === null ? "not scored" : got.correct ? "✓ right" : "✗ wrong";
      const kind = got.correct === null ? "quiet" : got.correct ? "right" : "wrong";
      const distance = got.distance === null ? "" : `, distance ${number(got.distance)}`;
      add(lines, element("span", kind, `${word} for ${score.target}${distance}. `));
    }
    return lines;
  }

  function pane(index) {
    const profile = data.profiles[index];
    const each = decision(state.scenario, index);
    const made = element("article", `pane${index === state.profile ? " focused" : ""}`);
    const title = element("h3");
    const link = element("a", "small", "link");
    link.href = fragment(state.scenario, index, state.repeat);
    link.title = "the permanent link to this decision";
    add(title, element("span", "", profile.name), link);
    const head = add(element("header"), title,
      element("p", "small quiet", [profile.kind, profile.model, profile.target && `target ${profile.target}`].filter(Boolean).join(" · ")));
    add(made, head);
    made.addEventListener("click", (event) => {
      if (!event.target.closest("a, summary") && !String(getSelection())) show({ profile: index });
    });
    if (!each) return add(made, element("p", "none", "There is no decision yet."));
    if (each.error) return add(made, found("p", "wrong text", `Failed: ${each.error.message}`));
    const answer = each.answer.kind === "choice" ? `${letter(each.answer.index)}  ${each.answer.text}` : each.answer.text;
    add(made, found("p", "answer", answer), scoreLine(profile, each));
    add(made, found("p", "text", each.reasoning || "(no reasoning)"));
    ratings(made, each, profile);
    for (const [choice, row] of (each.predictions || []).entries()) {
      for (const [name, one] of Object.entries(row)) {
        folded(made, `${letter(choice)}: why this rating of ${name}`, one.reasons.filter(Boolean).join("\n\n"));
      }
    }
    folded(made, "thinking", each.thinking);
    // Each in-context example: which, how similar, and the reply that it gives.
    folded(made, "examples", (each.examples || []).map((one) => {
      const similar = typeof one.similarity === "number" ? `, similarity ${number(one.similarity)}` : "";
      return `${one.example} (${one.attribute}${similar})\n${one.response}`;
    }).join("\n\n"));
    folded(made, "steps", (each.steps || []).map((step) => `${step.name}: ${step.seconds} s`).join("\n"));
    const used = [`${each.latency_s.toFixed(2)} s`, each.tokens ? `${each.tokens} tokens` : ""];
    add(made, element("p", "small quiet", [...used, ...each.notes].filter(Boolean).join(" · ")));
    return made;
  }

  function paintScenario() {
    const main = byId("main");
    const scenario = data.scenarios[state.scenario];
    main.replaceChildren();
    if (!scenario) return add(main, element("p", "none", "There is no scenario."));
    add(main, found("h2", "", scenario.title || scenario.key));
    if (scenario.title) add(main, element("p", "small quiet", scenario.key));
    add(main, found("p", "text situation", scenario.text));
    for (const each of scenario.characters) {
      add(main, found("p", "text situation small", `${each.name}: ${each.text}`));
    }
    if (scenario.supplies.length) add(main, element("p", "small", `Supplies: ${scenario.supplies.join(", ")}`));
    const list = element("ul", "choices");
    for (const [index, choice] of scenario.choices.entries()) {
      const labels = Object.entries(choice.labels).map(([name, value]) => `${name} ${number(value)}`).join(", ");
      add(list, add(element("li"), element("span", "letter", letter(index)), found("span", "text", choice.text),
        labels ? element("span", "small quiet", `  ${labels}`) : null));
    }
    add(main, list);
    const panes = element("div", "panes");
    data.profiles.forEach((_, index) => add(panes, pane(index)));
    add(main, panes);
    const focused = main.querySelector(".focused");
    if (focused) focused.scrollIntoView({ block: "nearest" });
    return main;
  }

  function paint() {
    byId("repeat").value = String(state.repeat);
    paintList();
    paintScenario();
    const scenario = data.scenarios[state.scenario];
    document.title = scenario ? `${scenario.title || scenario.key} · ${data.study}` : data.study;
  }

  // --- keys -------------------------------------------------------------------------------

  function step(by, only) {
    const items = listed().filter((index) => !only || differs(index));
    if (!items.length) return;
    const after = items.filter((index) => index > state.scenario);
    const before = items.filter((index) => index < state.scenario);
    const next = by > 0 ? after[0] : before[before.length - 1];
    if (next !== undefined) show({ scenario: next });
  }

  function focusPane(by) {
    const count = data.profiles.length;
    if (count) show({ profile: Math.max(0, Math.min(count - 1, state.profile + by)) });
  }

  const KEYS = {
    j: () => step(1), k: () => step(-1), n: () => step(1, true), N: () => step(-1, true),
    l: () => focusPane(1), h: () => focusPane(-1),
    "/": () => byId("search").focus(),
    Escape: () => show({ profile: -1 }),
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const field = event.target instanceof Element && event.target.matches("input[type=search], select");
    if (field) {
      if (event.key === "Escape" || (event.key === "Enter" && event.target.id === "search")) event.target.blur();
      return;
    }
    const act = Object.hasOwn(KEYS, event.key) ? KEYS[event.key] : null;
    if (!act) return;
    event.preventDefault();
    act();
  });

  byId("search").addEventListener("input", (event) => {
    state.query = event.target.value.trim().toLowerCase();
    const items = listed();
    if (items.length && !items.includes(state.scenario)) show({ scenario: items[0] });
    else paint();
  });
  for (const id of ["differ", "failing"]) byId(id).addEventListener("change", paint);
  if (data.repeat > 1) {
    byId("repeats").hidden = false;
    for (let repeat = 0; repeat < data.repeat; repeat += 1) {
      const option = element("option", "", String(repeat + 1));
      option.value = String(repeat);
      add(byId("repeat"), option);
    }
    byId("repeat").addEventListener("change", (event) => show({ repeat: Number(event.target.value) }));
  }
  addEventListener("hashchange", () => { readAddress(); paint(); });

  const known = readAddress();
  paint();
  if (!known) {
    const said = element("p", "wrong", "The address names a scenario that this run does not have.");
    byId("main").prepend(said);
  }
})();
