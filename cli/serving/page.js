// The page of mqtrack serve: the list of processes at /, one process at /NAME/. Everything shown comes from this server;
// text is only ever set as text.
"use strict";

(function () {
  const SVG = "http://www.w3.org/2000/svg";
  const LOOK_EVERY_MS = 5000;
  const WIDTH = 600, HEIGHT = 150, LEFT = 6, RIGHT = 6, TOP = 8, BOTTOM = 4;
  const main = document.getElementById("main"), title = document.getElementById("title");
  const statusLine = document.getElementById("status");

  // --- small things

  function make(tag, attributes, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
    }
    element.append(...children.filter((child) => child !== null && child !== undefined));
    return element;
  }

  function draw(tag, attributes, text) {
    const element = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    if (text !== undefined) element.textContent = text;
    return element;
  }

  function say(text) { statusLine.textContent = text; }

  async function askForText(path) {
    const answer = await fetch(path, {headers: {Accept: "application/json"}});
    const text = await answer.text();
    if (!answer.ok) throw new Error(text.trim() || "the server answered " + answer.status);
    return text;
  }

  async function ask(path) { return JSON.parse(await askForText(path)); }

  /// Asks again and again: some time after each answer, and not while nobody sees the page. Shows what has changed.
  function follow(path, show) {
    let shown = null, waits = false;
    async function look() {
      waits = false;
      try {
        const text = await askForText(path);
        if (text !== shown) show(JSON.parse(text));
        shown = text;
      } catch (error) {
        say("Error: " + error.message);
        shown = null;
      }
      if (document.hidden) waits = true;
      else setTimeout(() => { if (document.hidden) waits = true; else look(); }, LOOK_EVERY_MS);
    }
    document.addEventListener("visibilitychange", () => { if (waits && !document.hidden) look(); });
    look();
  }

  /// The number of the element of `sorted` that is nearest to `wanted`, by halves; of two the earlier one.
  function nearestIndex(sorted, wanted, value) {
    let low = 0, high = sorted.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (value(sorted[middle]) < wanted) low = middle + 1;
      else high = middle;
    }
    return low > 0 && wanted - value(sorted[low - 1]) <= Math.abs(value(sorted[low]) - wanted) ? low - 1 : low;
  }

  function amount(value, unit) {
    if (value === null || value === undefined) return "not known";
    if (unit !== "bytes") return Math.round(value).toLocaleString("en");
    const units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let left = Math.abs(value), i = 0;
    while (left >= 1024 && i + 1 < units.length) { left /= 1024; ++i; }
    return (value < 0 ? "-" : "") + (i === 0 ? left : left.toFixed(1).replace(/\.0$/, "")) + " " + units[i];
  }

  function signed(value, unit) { return (value > 0 ? "+" : "") + amount(value, unit); }
  function clock(time) { return new Date(time).toLocaleString("sv-SE").replace("T", " "); }

  function table(headings, rows, caption) {
    return make("div", {class: "scrolls", tabindex: "0", role: "region", "aria-label": caption},
      make("table", {}, make("caption", {}, caption),
        make("thead", {}, make("tr", {}, ...headings.map((text) => make("th", {scope: "col"}, text)))),
        make("tbody", {}, ...rows)));
  }

  // --- /

  function verdictText(verdicts) {
    if (!verdicts) return "not judged yet";
    const found = Object.entries(verdicts).filter(([, count]) => count > 0);
    return found.length ? found.map(([name, count]) => count + " " + name).join(", ") : "nothing grows";
  }

  function showProcesses(document_) {
    const known = document_.processes;
    const rows = known.map((one) => make("tr", {class: one.is_up ? "up" : "down"},
      make("th", {scope: "row"}, make("a", {href: "/" + encodeURIComponent(one.name) + "/"}, one.name)),
      make("td", {}, one.pid === undefined ? "" : String(one.pid)), make("td", {}, one.state),
      make("td", {}, one.since_unix_ms ? clock(one.since_unix_ms) : ""),
      make("td", {}, one.losses === undefined ? "" : amount(one.losses, "count")),
      make("td", {class: one.verdicts && (one.verdicts.leak || one.verdicts.lost) ? "bad" : ""},
        one.is_up ? verdictText(one.verdicts) : "")));
    main.replaceChildren(known.length
      ? table(["Process", "Pid", "State", "Recorded since", "Lost events", "Growth"], rows, "Recorded processes")
      : make("p", {}, "No process is recorded. Start one with: mqtrack run -- COMMAND"),
      make("p", {}, make("a", {href: "/metrics"}, "Figures for Prometheus")));
    say(known.length + (known.length === 1 ? " process" : " processes"));
  }

  // --- /NAME/

  const state = {history: null, times: [], base: null, at: null, cursor: null, type: "", view: "top", site: "", question: null, charts: []};
  const here = location.pathname;
  const name = decodeURIComponent(here.split("/")[1] || "");

  function nearest(time) {
    return state.times.length ? state.times[nearestIndex(state.times, time, (one) => one)] : null;
  }

  function query(values) {
    const parts = Object.entries(values).filter(([, value]) => value !== null && value !== "");
    return parts.length ? "?" + parts.map(([key, value]) => key + "=" + encodeURIComponent(value)).join("&") : "";
  }

  function moments() { return {at: state.at, base: state.base, by: state.type}; }

  function pick(time) {
    if (time === null) return;
    if (state.base === null || state.at !== null) {
      state.base = time;
      state.at = null;
    } else {
      state.at = time;
      if (state.at < state.base) [state.at, state.base] = [state.base, state.at];
      if (state.at === state.base) state.base = null;
    }
    changed();
  }

  function clear() {
    state.base = state.at = null;
    changed();
  }

  function changed() {
    document.getElementById("moments").replaceChildren(
      make("span", {}, "From ", make("strong", {id: "from"}, state.base === null ? "the start" : clock(state.base)),
        " to ", make("strong", {id: "to"}, state.at === null ? "now" : clock(state.at))));
    for (const chart of state.charts) chart.mark();
    // The address holds what is shown; going back leaves the page, whatever was picked on it.
    const shown = query({base: state.base, at: state.at, by: state.type, view: state.view, site: state.site}).slice(1);
    window.history.replaceState(null, "", "#" + shown);
    showView();
  }

  function scale(from, to, low, high) {
    const factor = to > from ? (high - low) / (to - from) : 0;
    return (value) => low + (value - from) * factor;
  }

  /// A chart of one figure: a line for each recording, marks where one began, and for the chosen moments.
  function chart(type, words, unit, recordings) {
    const lines = recordings.map((one) => one.totals.filter((moment) => type in moment.v).map((moment) => [moment.t, moment.v[type]]));
    const points = lines.flat(), inOrder = [...points].sort((a, b) => a[0] - b[0]);
    if (!points.some((point) => point[1] !== 0)) return null;
    const times = points.map((point) => point[0]), values = points.map((point) => point[1]);
    const first = times.reduce((a, b) => Math.min(a, b)), last = times.reduce((a, b) => Math.max(a, b));
    const most = values.reduce((a, b) => Math.max(a, b), 0), least = values.reduce((a, b) => Math.min(a, b), 0);
    const x = scale(first, last, LEFT, WIDTH - RIGHT), y = scale(least, Math.max(most, least + 1), HEIGHT - BOTTOM, TOP);
    const svg = draw("svg", {viewBox: "0 0 " + WIDTH + " " + HEIGHT, tabindex: "0", role: "application", "data-type": type,
      "aria-label": words + ": from " + amount(values[0], unit) + " to " + amount(values[values.length - 1], unit) +
        ". Arrow keys go through the snapshots, Enter picks one, Escape picks none."});
    svg.append(draw("line", {class: "axis", x1: LEFT, x2: WIDTH - RIGHT, y1: HEIGHT - BOTTOM, y2: HEIGHT - BOTTOM}));
    lines.forEach((line, number) => {
      if (!line.length) return;
      const path = line.map((point, i) => (i ? "L" : "M") + x(point[0]).toFixed(1) + " " + y(point[1]).toFixed(1)).join("");
      svg.append(draw("path", {class: "line", d: path}));
      if (line.length === 1) svg.append(draw("circle", {class: "dot", cx: x(line[0][0]), cy: y(line[0][1]), r: 2.5}));
      if (number > 0) {
        const mark = draw("line", {class: "restart", x1: x(line[0][0]), x2: x(line[0][0]), y1: TOP, y2: HEIGHT - BOTTOM});
        mark.append(draw("title", {}, "started again, pid " + recordings[number].pid));
        svg.append(mark);
      }
    });
    const marks = draw("g", {});
    svg.append(marks);
    const shown = make("output", {}, amount(values[values.length - 1], unit));

    function valueAt(time) {
      return inOrder[nearestIndex(inOrder, time, (one) => one[0])][1];
    }
    function mark() {
      marks.replaceChildren();
      for (const [kind, time] of [["base", state.base], ["at", state.at], ["cursor", state.cursor]]) {
        if (time === null) continue;
        marks.append(draw("line", {class: kind, x1: x(time), x2: x(time), y1: TOP, y2: HEIGHT - BOTTOM}));
      }
      const grown = state.base !== null && state.cursor === null;
      const to = state.cursor !== null ? valueAt(state.cursor) : state.at !== null ? valueAt(state.at) : values[values.length - 1];
      shown.textContent = amount(to, unit) + (grown ? " (" + signed(to - valueAt(state.base), unit) + ")" : "");
    }
    function timeOf(event) {
      const box = svg.getBoundingClientRect();
      const at = (event.clientX - box.left) / box.width * WIDTH;
      return first + (at - LEFT) / (WIDTH - LEFT - RIGHT) * (last - first);
    }
    svg.addEventListener("click", (event) => pick(nearest(timeOf(event))));
    svg.addEventListener("pointermove", (event) => point(nearest(timeOf(event))));
    svg.addEventListener("pointerleave", () => point(null));
    svg.addEventListener("blur", () => point(null));
    svg.addEventListener("keydown", (event) => {
      const all = state.times;
      const at = state.cursor === null ? all.length : all.indexOf(state.cursor);
      const to = {ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: all.length - 1}[event.key];
      if (to !== undefined && all.length) {
        point(all[Math.max(0, Math.min(all.length - 1, to))]);
        say(clock(state.cursor) + ": " + shown.textContent);
      } else if (event.key === "Enter" && state.cursor !== null) pick(state.cursor);
      else if (event.key === "Escape") clear();
      else return;
      event.preventDefault();
    });
    mark();
    return {mark, element: make("figure", {}, make("figcaption", {}, words, " ", shown), svg,
      make("div", {class: "ends"}, make("span", {}, clock(first)), make("span", {}, clock(last))))};
  }

  function point(time) {
    if (state.cursor === time) return;
    state.cursor = time;
    for (const one of state.charts) one.mark();
  }

  // --- views of the moments

  function frame(path, label) {
    return make("iframe", {src: path, title: label, class: "picture", loading: "lazy"});
  }

  function topTable(document_) {
    return siteTable(document_, "Function", (site) => make("th", {scope: "row"}, site.function,
      make("small", {}, site.file ? site.file + (site.line ? ":" + site.line : "") : site.module),
      make("span", {class: "deeds"},
        make("button", {class: "source", onclick: () => go("source", {site: site.function})}, "Source"),
        state.history.is_up && isHeap(document_.sample_type)
          ? make("button", {class: "held", onclick: () => go("holders", {site: site.function, question: {site: site.function}})}, "Who holds it") : null)));
  }

  /// The rows of a table of sites that have something; `first` makes the cell that says what a row is of.
  function siteTable(document_, heading, first) {
    const unit = document_.unit, isDiff = document_.kind === "diff";
    const rows = document_.sites.filter((site) => !isDiff || site.growth !== 0).slice(0, 50).map((site) => make("tr", {},
      make("td", {class: "number"}, isDiff ? signed(site.growth, unit) : amount(site.value, unit)),
      isDiff ? make("td", {class: "number"}, amount(site.value, unit)) : null, first(site)));
    if (!rows.length) return make("p", {}, isDiff ? "Nothing changed." : "Nothing is there.");
    return table(isDiff ? ["Growth", "Now", heading] : ["Value", heading], rows,
      (isDiff ? "What changed: " : "What is there: ") + document_.sample_type);
  }

  function isHeap(type) { return /^(inuse|alloc)_(objects|space)$/.test(type); }

  /// To another view, where the keyboard goes on.
  function go(view, values) {
    Object.assign(state, values, {view});
    changed();
    document.getElementById("tab-" + view).focus();
  }

  // --- looks for which the process stands still

  /// Asks, and says in `place` what `show` makes of it. Only ever called for a click.
  async function look(place, path, show) {
    place.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(path, {headers: {Accept: "application/json"}}), text = await answer.text();
      if (!answer.ok) throw new Error(text.trim());
      const document_ = JSON.parse(text), age = Number(answer.headers.get("Age") || 0);
      const stood = (document_.look.stood_still_nanoseconds / 1e6).toFixed(2) + " ms";
      place.replaceChildren(
        make("p", {class: "still"}, name + " stood still for " + stood + (document_.look.way === "copy" ? ", since its memory was copied (" + document_.look.why_not_cloned + ")" : "") +
          (age ? "; looked " + age + " s ago" : "") + "."),
        ...document_.notes.map((note) => make("p", {class: "eyebrow"}, note)), ...show(document_));
    } catch (error) {
      place.replaceChildren(make("p", {class: "bad"}, error.message));
    }
    place.setAttribute("aria-busy", "false");
  }

  function ownerName(owner) {
    const saysIt = !owner.name || owner.kind === "thread" || owner.kind === "mapping";
    return saysIt ? owner.name || owner.kind : owner.kind + " " + owner.name;
  }

  function clientWords(client) {
    if (!client) return null;
    const counts = [["messages", "messages"], ["queued", "queued"], ["inflight", "in flight"], ["half_received", "half received"], ["subscriptions", "subscriptions"]];
    const known = counts.filter(([key]) => client[key]).map(([key, words]) => client[key] + " " + words);
    return make("small", {}, [client.state || "state not known"].concat(known).join(", "));
  }

  function liveOwners(document_) {
    const rows = document_.owners.map((owner) => make("tr", {},
      make("td", {class: "number"}, amount(owner.bytes, "bytes")), make("td", {class: "number"}, amount(owner.blocks, "count")),
      make("th", {scope: "row"}, ownerName(owner), clientWords(owner.client),
        owner.kind === "lost" || owner.kind === "shared" ? null : make("span", {class: "deeds"}, make("button", {class: "held", onclick: () =>
          go("holders", {question: owner.kind === "client" ? {client: owner.name} : {owner: ownerName(owner)}})}, "Who holds it")))));
    return [table(["Bytes", "Blocks", "Owner"], rows, "Whose the live heap is: " + amount(document_.live.bytes, "bytes")),
      document_.omitted_owners ? make("p", {class: "eyebrow"}, document_.omitted_owners + " smaller owners are left out") : ""];
  }

  async function owners() {
    const document_ = await ask(here + "api/owners" + query(moments()));
    const live = make("div", {id: "live-owners", "aria-live": "polite"});
    const kept = document_.label === null
      ? make("p", {}, "Snapshots do not say whose each block is, and packets are not recorded here.")
      : make("div", {}, document_.label === "owner" ? null : make("p", {class: "eyebrow"}, "Snapshots do not say whose each block is, but whose packets it was made for:"),
        siteTable(document_.table, document_.label === "owner" ? "Owner" : "Made for packets of", (site) => make("th", {scope: "row"}, site.label || site.function || "no client")));
    return make("div", {}, kept, lookButton("look-owners", "Look whose it is now", () => look(live, here + "api/look/owners", liveOwners)), live);
  }

  function lookButton(id, words, act) {
    if (!state.history.is_up) return make("p", {class: "eyebrow"}, "The process does not run, so its memory cannot be looked at.");
    return make("p", {}, make("button", {id, onclick: act}, words), " ", make("small", {class: "eyebrow"}, "The process stands still for it, some milliseconds for each GiB."));
  }

  function place(file, line) { return file ? file + (line ? ":" + line : "") : ""; }

  function rootWords(root) {
    const what = root.variable || root.thread || root.module;
    return root.kind + (what ? " " + what : "") + (root.variable && root.module ? " (" + root.module + ")" : "");
  }

  function stepWords(step) {
    const made = step.function ? "made by " + step.function : "", repeats = step.repeats.length
      ? "again by " + step.repeats.join(" or ") + ", up to " + step.most_in_a_row + " in a row" : "";
    const clients = step.client_count ? "of " + step.clients.join(", ") + (step.client_count > step.clients.length ? " and " + (step.client_count - step.clients.length) + " more" : "") : "";
    return make("li", {}, make("strong", {}, [step.member, step.type].filter(Boolean).join(" → ") || "the variable itself"),
      make("small", {}, [made, place(step.file, step.line), amount(step.blocks, "count") + (step.blocks === 1 ? " block, " : " blocks, ") + amount(step.bytes, "bytes"),
        clients, repeats, step.holds_alone ? "no other way leads to what is asked about" : ""].filter(Boolean).join("; ")));
  }

  function chains(document_) {
    const lost = document_.lost.blocks ? make("p", {class: "bad"}, "Nothing holds " + amount(document_.lost.blocks, "count") + " of them, " + amount(document_.lost.bytes, "bytes") + ".") : "";
    return [make("p", {}, "What is " + document_.asked + ": " + amount(document_.bytes, "bytes") + " in " + amount(document_.blocks, "count") + (document_.blocks === 1 ? " block." : " blocks.")), lost,
      ...document_.chains.map((chain) => make("section", {class: "chain"},
        make("h2", {}, amount(chain.bytes, "bytes") + " held by " + rootWords(chain.root)),
        make("p", {class: "eyebrow"}, [place(chain.root.file, chain.root.line), chain.sure ? "" : "not sure: only a stack, a register or memory that nobody told of holds them",
          chain.root.holds_alone ? "whatever leads to them begins there" : ""].filter(Boolean).join("; ")),
        make("ol", {}, ...chain.steps.map(stepWords)))),
      document_.omitted_chains ? make("p", {class: "eyebrow"}, document_.omitted_chains + " further chains are left out") : ""];
  }

  function holders() {
    const found = make("div", {id: "chains", "aria-live": "polite"}), question = state.question || {site: state.site};
    const [kind] = Object.keys(question), words = {site: "Blocks made by function", client: "Blocks of client", owner: "Blocks of owner"}[kind];
    const asked = make("input", {id: "asked", value: question[kind], maxlength: "2000", spellcheck: "false", autocomplete: "off"});
    const act = () => look(found, here + "api/look/why" + query({[kind]: asked.value}), chains);
    asked.addEventListener("keydown", (event) => { if (event.key === "Enter") act(); });
    return make("div", {}, make("p", {class: "controls"}, make("label", {for: "asked"}, words), asked),
      lookButton("look-chains", "Look who holds them now", act), found);
  }

  // --- source lines

  function sourceLines(one, unit, isDiff) {
    const costs = new Map(one.lines.map((line) => [line.line, line])), value = (number) => number === 0 ? "" : isDiff ? signed(number, unit) : amount(number, unit);
    const text = new Map(one.source.map((line) => [line.line, line.text]));
    const numbers = [...new Set([...text.keys(), ...costs.keys()])].sort((a, b) => a - b);
    const rows = numbers.flatMap((number, i) => {
      const cost = costs.get(number), gap = i > 0 && number > numbers[i - 1] + 1;
      const row = make("tr", {class: cost ? "hit" : null}, make("td", {class: "number"}, cost ? value(cost.flat) : ""),
        make("td", {class: "number"}, cost ? value(cost.cum) : ""), make("th", {scope: "row", class: "number"}, number ? String(number) : "?"),
        make("td", {class: "code"}, text.has(number) ? text.get(number).slice(0, 400) : ""));
      return gap ? [make("tr", {}, make("td", {colspan: "4", class: "eyebrow"}, "…")), row] : [row];
    });
    return table(["Flat", "Cum", "Line", "Source"], rows, one.function + ", " + (one.found || one.file || one.module));
  }

  async function source() {
    if (!state.site) return make("p", {}, "Choose a function in the view Top.");
    const document_ = await ask(here + "api/source" + query({...moments(), function: state.site}));
    return make("div", {}, ...document_.functions.flatMap((one) => [sourceLines(one, document_.unit, state.base !== null), one.note ? make("p", {class: "eyebrow"}, one.note) : ""]));
  }

  function threadList(document_) {
    return make("div", {}, ...document_.groups.map((group) => make("details", {},
      make("summary", {}, group.count + " × " + group.threads.map((one) => one.name + (one.waits_for ? ", in " + one.waits_for : "")).join("; ")),
      make("pre", {}, group.stack.map((one) => one.function + "  " + (one.file || one.module || "") + (one.line ? ":" + one.line : "")).join("\n")))));
  }

  const views = {
    top: {label: "Top", show: async () => topTable(await ask(here + "api/top" + query(moments())))},
    source: {label: "Source", show: source},
    owners: {label: "Owners", show: owners},
    holders: {label: "Holders", show: async () => holders()},
    flame: {label: "Flame graph", show: async () => frame(here + "flame.svg" + query({...moments(), width: Math.max(300, main.clientWidth - 8)}), "Flame graph")},
    graph: {label: "Call graph", show: async () => frame(here + "graph.svg" + query(moments()), "Call graph")},
    threads: {label: "Threads", show: async () => threadList(await ask(here + "api/threads"))},
    diagnosis: {label: "Verdicts", show: async () => {
      const answer = await fetch(here + "diagnosis.html");
      return answer.ok ? frame(here + "diagnosis.html", "Verdicts with their evidence") : make("p", {}, await answer.text());
    }},
    files: {label: "Files", show: async () => make("ul", {},
      make("li", {}, make("a", {href: here + "snapshot.pb.gz" + query({at: state.at}), download: ""}, "The later moment, as a profile")),
      state.base === null ? null : make("li", {}, make("a", {href: here + "snapshot.pb.gz" + query({at: state.base}), download: ""}, "The earlier moment")),
      make("li", {}, make("a", {href: here + "flame.svg" + query(moments()), download: "flame.svg"}, "Flame graph")),
      make("li", {}, make("a", {href: here + "graph.svg" + query(moments()), download: "graph.svg"}, "Call graph")),
      make("li", {}, make("a", {href: here + "debug/pprof/"}, "pprof endpoints")))},
  };

  let asked = 0;
  async function showView() {
    const number = ++asked, place = document.getElementById("view");
    for (const tab of document.querySelectorAll("[role=tab]")) {
      const isOn = tab.dataset.view === state.view;
      tab.setAttribute("aria-selected", String(isOn));
      tab.tabIndex = isOn ? 0 : -1;
    }
    place.setAttribute("aria-busy", "true");
    let content;
    try { content = await views[state.view].show(); } catch (error) { content = make("p", {class: "bad"}, error.message); }
    if (number !== asked) return;
    place.replaceChildren(content);
    place.setAttribute("aria-busy", "false");
  }

  function tabs() {
    const bar = make("div", {role: "tablist", "aria-label": "Views"}, ...Object.entries(views).map(([view, one]) =>
      make("button", {role: "tab", id: "tab-" + view, "data-view": view, "aria-controls": "view", onclick: () => { state.view = view; changed(); }}, one.label)));
    bar.addEventListener("keydown", (event) => {
      const all = Object.keys(views), step = {ArrowLeft: -1, ArrowRight: 1}[event.key];
      if (!step) return;
      state.view = all[(all.indexOf(state.view) + step + all.length) % all.length];
      changed();
      document.getElementById("tab-" + state.view).focus();
    });
    return bar;
  }

  function charts() {
    const recordings = state.history.recordings;
    const wanted = [{type: "rss", words: "resident memory", unit: "bytes"}].concat(state.history.types.filter((one) => !one.is_cumulative));
    state.charts = wanted.map((one) => chart(one.type, one.words, one.unit, recordings)).filter((one) => one !== null);
    // What was never there needs no picture.
    const none = wanted.filter((one) => recordings.some((course) => course.totals.some((moment) => one.type in moment.v)) &&
      recordings.every((course) => course.totals.every((moment) => !moment.v[one.type])));
    return make("div", {}, make("div", {class: "charts", id: "charts"}, ...state.charts.map((one) => one.element)),
      none.length ? make("p", {class: "eyebrow"}, "None all the time: " + none.map((one) => one.words).join(", ")) : null);
  }

  async function showProcess() {
    document.title = name + " – mqtrack";
    title.textContent = name;
    state.history = await ask(here + "api/history");
    state.times = state.history.recordings.flatMap((one) => one.snapshots).sort((a, b) => a - b);
    for (const part of location.hash.slice(1).split("&")) {
      const [key, value] = part.split("=").map(decodeURIComponent);
      if ((key === "base" || key === "at") && /^\d+$/.test(value)) state[key] = Number(value);
      if (key === "view" && views[value]) state.view = value;
      if (key === "by") state.type = value;
      if (key === "site") state.site = value;
    }
    const types = make("select", {id: "type", onchange: (event) => { state.type = event.target.value; changed(); }},
      make("option", {value: ""}, "live bytes (default)"),
      ...state.history.types.map((one) => make("option", {value: one.type, selected: one.type === state.type}, one.words)));
    main.replaceChildren(
      make("section", {"aria-label": "Course"}, charts()),
      make("section", {class: "controls", "aria-label": "Moments"}, make("span", {id: "moments"}),
        make("button", {id: "whole", onclick: () => { const all = state.times; if (all.length > 1) { state.base = all[0]; state.at = all[all.length - 1]; changed(); } }}, "First to last"),
        make("button", {id: "clear", onclick: clear}, "Now"), make("label", {}, "Of ", types)),
      tabs(), make("section", {id: "view", role: "tabpanel", "aria-live": "polite"}));
    say(!state.history.has_history ? "No history is kept." : state.times.length + " snapshots. Click into a chart twice to compare two moments.");
    changed();
  }

  if (here === "/") follow("/api/processes", showProcesses);
  else showProcess().catch((error) => say("Error: " + error.message));
})();
