"use strict";
(function () {
  const form = document.getElementById("filters");
  const shown = document.getElementById("shown");
  const rules = Array.from(document.querySelectorAll(".rule"));
  const keys = ["text", "outcome", "severity", "cite", "host"];
  const fields = {};
  keys.forEach(function (key) { fields[key] = document.getElementById("f-" + key); });
  const texts = new Map(rules.map(function (rule) { return [rule, rule.textContent.toLowerCase()]; }));
  const hosts = new Map(rules.map(function (rule) {
    return [rule, Array.from(rule.querySelectorAll(".names"), function (names) { return names.textContent.toLowerCase(); }).join(" ")];
  }));

  function fits(rule, wanted) {
    return (!wanted.text || texts.get(rule).includes(wanted.text.toLowerCase()))
      && (!wanted.outcome || rule.dataset.outcome.split(" ").includes(wanted.outcome))
      && (!wanted.severity || rule.dataset.severity === wanted.severity)
      && (!wanted.cite || rule.dataset.cites.split(" ").includes(wanted.cite))
      && (!wanted.host || hosts.get(rule).includes(wanted.host.toLowerCase()));
  }

  function apply() {
    const wanted = {};
    keys.forEach(function (key) { wanted[key] = fields[key].value; });
    let count = 0;
    rules.forEach(function (rule) {
      const good = fits(rule, wanted);
      rule.hidden = !good;
      count += good ? 1 : 0;
    });
    shown.textContent = count + " of " + rules.length + " rules shown";
  }

  function remember() {
    const chosen = new URLSearchParams();
    keys.forEach(function (key) { if (fields[key].value) { chosen.set(key, fields[key].value); } });
    history.replaceState(null, "", chosen.toString() ? "#view?" + chosen : "#findings");
  }

  function recall() {
    if (!location.hash.startsWith("#view?")) { return; }
    const chosen = new URLSearchParams(location.hash.slice(6));
    keys.forEach(function (key) { fields[key].value = chosen.get(key) || ""; });
    apply();
    document.getElementById("findings").scrollIntoView();
  }

  form.hidden = false;
  form.addEventListener("submit", function (event) { event.preventDefault(); });
  form.addEventListener("input", function () { apply(); remember(); });
  form.addEventListener("reset", function () { setTimeout(function () { apply(); remember(); }, 0); });
  window.addEventListener("hashchange", recall);
  window.addEventListener("beforeprint", function () { rules.forEach(function (rule) { rule.open = true; }); });
  apply();
  recall();
})();
