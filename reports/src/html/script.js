// Filter, deep links, copying, and what is made when it is opened.
(() => {
  "use strict";
  const form = document.getElementById("filter");
  const items = [...document.querySelectorAll(".card, .case")];
  const areas = [...document.querySelectorAll(".area")];
  const said = form.querySelector("output");
  const fields = ["q", "verdict", "driver"];

  // What is closed is text until it is opened, so that a page of many opens at once.
  const make = (details) => {
    const text = details.querySelector(":scope > script");
    if (text) text.outerHTML = text.textContent;
    showCopy(details);
  };

  const showCopy = (part) => {
    if (navigator.clipboard) for (const copy of part.querySelectorAll(".copy")) copy.hidden = false;
  };

  const matches = (item, wanted) => {
    const { text = "", verdict = "", driver = "" } = item.dataset;
    const words = wanted.q.toLowerCase().split(/\s+/);
    return words.every((word) => text.toLowerCase().includes(word))
      && (!wanted.verdict || verdict.split(" ").includes(wanted.verdict))
      && (!wanted.driver || driver.split("\t").includes(wanted.driver));
  };

  const apply = () => {
    const wanted = Object.fromEntries(fields.map((name) => [name, form.elements[name].value]));
    const shown = { card: 0, case: 0 };
    for (const item of items) {
      item.hidden = !matches(item, wanted);
      if (!item.hidden) shown[item.classList.contains("card") ? "card" : "case"] += 1;
    }
    for (const area of areas) area.hidden = !area.querySelector(".case:not([hidden])");
    const isFiltered = fields.some((name) => wanted[name]);
    said.textContent = isFiltered ? `${shown.card} findings, ${shown.case} cases` : "";
    return isFiltered;
  };

  // The address bar says what is filtered, so that a link shows the same.
  const keep = () => {
    const wanted = new URLSearchParams(fields.map((name) => [name, form.elements[name].value]));
    for (const name of fields) if (!wanted.get(name)) wanted.delete(name);
    history.replaceState(null, "", `#${wanted.size ? `?${wanted}` : ""}`);
  };

  const follow = () => {
    const hash = location.hash.slice(1);
    if (hash.startsWith("?")) {
      const wanted = new URLSearchParams(hash.slice(1));
      for (const name of fields) form.elements[name].value = wanted.get(name) ?? "";
      apply();
      return;
    }
    const target = hash && document.getElementById(decodeURIComponent(hash));
    if (!target) return;
    if (target.hidden) {
      form.reset();
      apply();
    }
    if (target.matches("details")) {
      target.open = true;
      make(target);
    }
    target.scrollIntoView();
  };

  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", () => { apply(); keep(); });
  form.addEventListener("reset", () => setTimeout(() => { apply(); keep(); }));
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-filter-driver]");
    if (link) {
      form.elements.driver.value = link.dataset.filterDriver;
      form.elements.q.value = link.dataset.filterText;
      form.elements.verdict.value = "";
      apply();
      keep();
      event.preventDefault();
      document.getElementById("cases").scrollIntoView();
    }
    const copy = event.target.closest(".copy");
    if (copy) {
      navigator.clipboard.writeText(copy.previousElementSibling.textContent).then(() => {
        copy.textContent = "Copied";
        setTimeout(() => { copy.textContent = "Copy"; }, 2000);
      });
    }
  });
  // It does not bubble, so it is caught on its way down.
  document.addEventListener("toggle", ({ target }) => {
    if (target.open && target.matches("details")) make(target);
  }, true);
  showCopy(document);
  window.addEventListener("hashchange", follow);
  follow();
})();
