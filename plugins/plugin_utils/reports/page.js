// Filters the findings. Everything is in the page already: nothing is fetched, and no text is ever read as markup.
(function () {
  "use strict";
  const form = document.getElementById("filter");
  const shown = document.getElementById("shown");
  const nothing = document.getElementById("nothing");
  const PREFIX = "#view?";
  document.documentElement.classList.add("script");

  const fold = (text) => text.normalize("NFKC").toLowerCase();
  const hostNames = new Set(Array.from(document.querySelectorAll("#host-names option"), (option) => option.value));

  // What can be filtered, read once: the parts of each rule and of each piece of evidence.
  const rules = Array.from(document.querySelectorAll("details.rule"), (element) => ({
    element,
    severity: element.dataset.severity,
    cites: element.dataset.cites ? element.dataset.cites.split(" ") : [],
    groups: Array.from(element.querySelectorAll(".evidence > li"), (item) => {
      const several = item.querySelector("ul.names");
      const names = several ? Array.from(several.children) : [item.querySelector(".one")];
      const more = Number(item.dataset.more || 0);
      return { item, more, outcome: item.dataset.outcome, names, hosts: names.map((name) => name.textContent.trim()), text: null };
    }),
    unshown: Array.from(element.querySelectorAll("[data-unshown]"), (note) => Number(note.dataset.unshown)).reduce((sum, one) => sum + one, 0),
    text: null,
  }));
  const sections = Array.from(document.querySelectorAll("section.group"), (element) => ({
    element, amount: element.querySelector("h3 .amount"), says: element.querySelector("h3 .amount").textContent,
  }));
  const total = rules.reduce((sum, rule) => sum + rule.groups.reduce((inner, group) => inner + group.hosts.length + group.more, rule.unshown), 0);
  const isCut = rules.some((rule) => rule.unshown || rule.groups.some((group) => group.more));

  function texts(rule) {
    if (rule.text === null) {
      rule.text = fold(rule.element.querySelector("summary").textContent + " " + rule.element.querySelector(".rule-text").textContent);
      rule.groups.forEach((group) => { group.text = fold(group.item.textContent); });
    }
    return rule;
  }

  function checked(name) {
    return new Set(Array.from(form.querySelectorAll(`input[name=${name}]:checked`), (box) => box.value));
  }

  function wanted() {
    const host = form.elements.host.value.trim();
    return {
      outcomes: checked("outcome"),
      severities: checked("severity"),
      cite: form.elements.cite.value,
      host,
      exact: hostNames.has(host),
      words: fold(form.elements.text.value).split(/\s+/).filter(Boolean),
    };
  }

  function hostMatches(name, want) {
    return want.exact ? name === want.host : fold(name).includes(fold(want.host));
  }

  function ruleMatches(rule, want) {
    if (!want.severities.has(rule.severity)) return false;
    if (want.cite === "none") return rule.cites.length === 0;
    return !want.cite || rule.cites.includes(want.cite);
  }

  // How many hosts of a piece of evidence are wanted; the others' names are hidden.
  function countHosts(group, want) {
    if (!want.host) {
      if (group.narrowed) group.names.forEach((name) => { name.hidden = false; });
      group.narrowed = false;
      return group.hosts.length + group.more;
    }
    let count = 0;
    group.hosts.forEach((host, index) => {
      const match = hostMatches(host, want);
      group.names[index].hidden = !match;
      if (match) count += 1;
    });
    group.narrowed = true;
    return count;
  }

  function showRule(rule, want, everything) {
    if (!ruleMatches(rule, want)) return 0;
    const left = want.words.length ? want.words.filter((word) => !texts(rule).text.includes(word)) : [];
    let count = 0;
    for (const group of rule.groups) {
      const fits = want.outcomes.has(group.outcome) && left.every((word) => group.text.includes(word));
      const hosts = fits ? countHosts(group, want) : 0;
      group.item.hidden = hosts === 0;
      count += hosts;
    }
    // A rule whose evidence is too much for this page is shown when nothing is filtered that only evidence can tell.
    if (!rule.groups.length && !want.host && !left.length && everything) return -1;
    return count;
  }

  function apply() {
    const want = wanted();
    const everything = want.outcomes.size === form.querySelectorAll("input[name=outcome]").length;
    let findings = 0;
    let visible = 0;
    for (const rule of rules) {
      const count = showRule(rule, want, everything);
      rule.element.hidden = count === 0;
      if (count !== 0) visible += 1;
      findings += Math.max(0, count);
    }
    sections.forEach((section) => {
      const inside = section.element.querySelectorAll("details.rule");
      const left = Array.from(inside).filter((rule) => !rule.hidden).length;
      section.element.hidden = left === 0;
      section.amount.textContent = left === inside.length ? section.says : `${left} of ${section.says}`;
    });
    nothing.hidden = visible > 0;
    document.getElementById("cut").hidden = !(isCut && want.host);
    const say = (number) => number.toLocaleString("en-US");
    shown.textContent = `${say(findings)} of ${say(total)} findings shown, in ${say(visible)} of ${say(rules.length)} rules`;
  }

  // The filter as a link: only what differs from "everything".
  function toHash() {
    const state = new URLSearchParams();
    for (const name of ["outcome", "severity"]) {
      const chosen = checked(name);
      if (chosen.size < form.querySelectorAll(`input[name=${name}]`).length) state.set(name, Array.from(chosen).join(","));
    }
    for (const name of ["cite", "host", "text"]) {
      const value = form.elements[name].value.trim();
      if (value) state.set(name, value);
    }
    const hash = state.toString() ? PREFIX + state : "#findings";
    if (location.hash !== hash && (state.toString() || location.hash.startsWith(PREFIX))) history.replaceState(null, "", hash);
  }

  function fromHash() {
    const state = new URLSearchParams(location.hash.slice(PREFIX.length));
    for (const name of ["outcome", "severity"]) {
      const chosen = state.has(name) ? state.get(name).split(",") : null;
      form.querySelectorAll(`input[name=${name}]`).forEach((box) => { box.checked = !chosen || chosen.includes(box.value); });
    }
    for (const name of ["cite", "host", "text"]) form.elements[name].value = state.get(name) || "";
    if (form.elements.cite.selectedIndex < 0) form.elements.cite.value = "";
    apply();
  }

  function followHash() {
    if (location.hash.startsWith(PREFIX)) {
      fromHash();
      document.getElementById("findings").scrollIntoView();
      return;
    }
    // Our own anchors need no decoding, so that a broken link cannot break the page.
    const target = location.hash && document.getElementById(location.hash.slice(1));
    if (!target) return;
    if (target.hidden) reset();
    if (target.tagName === "DETAILS") {
      target.open = true;
      target.scrollIntoView();
      target.querySelector("summary").focus({ preventScroll: true });
    }
  }

  function reset() {
    form.reset();
    apply();
    toHash();
  }

  let waiting = 0;
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => { apply(); toHash(); }, 120);
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("click", (event) => {
    const action = event.target.dataset.do;
    if (action === "reset") reset();
    if (action === "open") rules.forEach((rule) => { rule.element.open = !rule.element.hidden; });
    if (action === "close") rules.forEach((rule) => { rule.element.open = false; });
  });
  window.addEventListener("hashchange", followHash);

  // Paper has no click: print opens what is closed, and closes it again.
  let opened = [];
  window.addEventListener("beforeprint", () => {
    opened = Array.from(document.querySelectorAll("details:not([open])"));
    opened.forEach((element) => { element.open = true; });
  });
  window.addEventListener("afterprint", () => opened.forEach((element) => { element.open = false; }));

  // A page that was left and came back keeps its boxes in some browsers; the link decides.
  form.reset();
  apply();
  // Not before the browser has gone to the fragment itself: it takes the focus away.
  window.addEventListener("load", followHash);
})();
