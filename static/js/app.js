// Shortens the way for people; every page works without it. Elements opt in by data attributes:
//   data-key="a" | "g h"     the key, or two keys in turn, presses (a field: focuses) the element
//   data-rows                on a table: j and k move between its rows, x chooses one
//   data-fill="pasi"         checks every radio button with this value in its form; data-then="id" takes the focus after
//   data-when="name=value"   shown while that choice of the form holds ("name=" means not decided)
//   data-tally="value"       counts the radio buttons of the form that are set to the value ("" means not decided)
//   data-check-all           a checkbox that chooses all rows of its form; data-chosen says how many
//   data-focus               takes the focus when it appears: an error summary, the heading of what comes next
//   data-begin               on a form: its first field takes the focus when the page opens, unless something else does
//   data-first               takes the focus when its popover opens (autofocus would act at page load and complain)
//   data-poll="2"            gets the htmx event "poll" every 2 seconds while the page is seen
//   data-ends="900"          on the body: after so many seconds the page is asked for again, unless something was entered
//   data-dismiss=".toast"    takes its surrounding toast away
//   data-again               on a form: may be sent twice (a download)
"use strict";

(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const shown = (element) => element.checkVisibility();

  // --- Keys -----------------------------------------------------------------
  const FIELD = "input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]";
  let first = "";
  let forget = 0;

  function press(element) {
    if (element.matches(FIELD)) {
      element.focus();
      element.select?.();
    } else {
      element.click();
    }
  }

  function moveRow(table, step) {
    const links = all("tbody th a", table);
    const row = document.activeElement?.closest("tr");
    const now = links.findIndex((link) => link.closest("tr") === row);
    const next = now < 0 ? (step > 0 ? 0 : links.length - 1) : now + step;
    links[next]?.focus();
  }

  function rowKey(key) {
    const table = document.querySelector("table[data-rows]");
    if (!table) return false;
    if (key === "j" || key === "k") moveRow(table, key === "j" ? 1 : -1);
    else if (key === "x") document.activeElement?.closest("tr")?.querySelector(".tick")?.click();
    else return false;
    return true;
  }

  function saveFromField(event) {
    const form = event.target.closest?.("form");
    if (!form) return;
    event.preventDefault();
    form.requestSubmit(form.querySelector("button.btn-primary[type=submit]"));
  }

  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) return saveFromField(event);
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (document.body.dataset.shortcuts === "off" || event.target.matches?.(FIELD)) return;
    const wanted = first ? `${first} ${event.key}` : event.key;
    const keyed = all("[data-key]");
    const element = keyed.filter((e) => e.dataset.key === wanted).find((e) => shown(e) || e.closest(".sidenav"));
    clearTimeout(forget);
    first = "";
    if (element) {
      press(element);
    } else if (keyed.some((e) => e.dataset.key.startsWith(`${wanted} `))) {
      first = event.key;
      forget = setTimeout(() => (first = ""), 1200);
    } else if (!rowKey(wanted)) {
      return;
    }
    event.preventDefault();
  });

  // --- Choices: fill, count, show what will happen ----------------------------
  function choices(form) {
    const names = new Set(all(".choice input[type=radio]", form).map((radio) => radio.name));
    return new Map([...names].map((name) => [name, form.querySelector(`input[name="${CSS.escape(name)}"]:checked`)?.value ?? ""]));
  }

  function reflect(form) {
    const chosen = choices(form);
    const counted = [...chosen.values()];
    for (const element of all("[data-when]", form)) {
      const [name, value] = element.dataset.when.split("=");
      element.hidden = chosen.get(name) !== value;
    }
    for (const element of all("[data-tally]", form)) {
      const number = counted.filter((value) => value === element.dataset.tally).length;
      element.textContent = number;
      const group = element.closest("[data-hide-zero]");
      if (group) group.hidden = number === 0;
    }
    const ticks = all(".tick[name]", form);
    const ticked = ticks.filter((tick) => tick.checked).length;
    for (const element of all("[data-chosen]", form)) element.textContent = ticked;
    for (const box of all("[data-check-all]", form)) {
      box.checked = ticked > 0 && ticked === ticks.length;
      box.indeterminate = ticked > 0 && ticked < ticks.length;
    }
  }

  document.addEventListener("change", (event) => {
    const form = event.target.form;
    if (!form) return;
    if (event.target.matches("[data-check-all]")) {
      for (const tick of all(".tick[name]", form)) tick.checked = event.target.checked;
    }
    reflect(form);
  });

  document.addEventListener("click", (event) => {
    const off = event.target.closest("[aria-disabled=true], [aria-busy=true]");
    if (off) return event.preventDefault();
    event.target.closest("[data-dismiss]")?.closest(event.target.closest("[data-dismiss]").dataset.dismiss)?.remove();
    const fill = event.target.closest("[data-fill]");
    if (!fill?.form) return;
    event.preventDefault();
    for (const radio of all(`.choice input[value="${CSS.escape(fill.dataset.fill)}"]`, fill.form)) radio.checked = true;
    reflect(fill.form);
    document.getElementById(fill.dataset.then)?.focus();
  });

  // --- A day pasted as year-month-day: browsers take only what their own language writes -----
  document.addEventListener("paste", (event) => {
    if (!event.target.matches?.("input[type=date]")) return;
    const day = event.clipboardData.getData("text").trim().match(/^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})$/);
    if (!day) return;
    event.preventDefault();
    event.target.value = [day[1], day[2].padStart(2, "0"), day[3].padStart(2, "0")].join("-");
    event.target.dispatchEvent(new Event("change", { bubbles: true }));
  });

  // --- A second press does nothing; the server refuses it as well ---------------
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.matches("[data-again]") || form.target) return;
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = "1";
    event.submitter?.setAttribute("aria-busy", "true");
  });
  function ready(form) {
    delete form.dataset.sent;
    for (const button of all("[aria-busy=true]", form)) button.removeAttribute("aria-busy");
  }
  window.addEventListener("pageshow", (event) => event.persisted && all("form[data-sent]").forEach(ready));
  document.addEventListener("htmx:beforeRequest", (event) => {
    event.detail.requestConfig.triggeringEvent?.submitter?.setAttribute("aria-busy", "true");
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.detail.elt.closest("form");
    if (form) ready(form);
  });

  // --- Focus, progress and toasts after an update --------------------------------
  const quarters = new Map();

  function tellProgress(root) {
    for (const box of all("[data-progress]", root).concat(root.matches?.("[data-progress]") ? [root] : [])) {
      const bar = box.querySelector("progress");
      if (!bar || bar.position < 0) continue;
      const quarter = Math.floor(bar.position * 4);
      if (quarters.get(box.id) === quarter) continue;
      quarters.set(box.id, quarter);
      tell([...box.querySelector(".row").children].map((part) => part.textContent.trim()).join(", "));
    }
  }

  function tell(text) {
    const live = document.getElementById("live");
    if (live) live.textContent = text;
  }

  function settle(root) {
    const focus = root.matches?.("[data-focus]") ? root : root.querySelector("[data-focus]");
    focus?.focus();
    (root === document ? all("form") : all("form", root).concat(root.closest?.("form") ?? [])).forEach(reflect);
    tellProgress(root);
  }

  document.addEventListener("htmx:afterSettle", (event) => settle(event.detail.elt));

  document.addEventListener("toggle", (event) => {
    if (event.newState === "open") event.target.querySelector?.("[data-first]")?.focus();
  }, true);

  // Text that is there when the page opens is not read as news; put back a moment later, it is.
  const toasts = document.getElementById("toasts");
  if (toasts?.children.length) {
    const waiting = [...toasts.children];
    toasts.replaceChildren();
    setTimeout(() => toasts.replaceChildren(...waiting), 150);
  }

  // --- When the session has ended the page shows nobody anything any more; what is being entered is kept by sending it ----
  const ends = "ends" in document.body.dataset ? Date.now() + Number(document.body.dataset.ends) * 1000 : Infinity;
  let entered = false;
  document.addEventListener("input", () => { entered = true; });

  let seconds = 0;
  setInterval(() => {
    seconds += 1;
    if (Date.now() > ends && !entered) return location.reload();
    if (document.hidden) return;
    for (const element of all("[data-poll]")) {
      if (seconds % Number(element.dataset.poll || 2) === 0) window.htmx?.trigger(element, "poll");
    }
  }, 1000);

  settle(document);
  if (!document.querySelector("[data-focus], [autofocus]")) {
    all("form[data-begin] :is(input, select, textarea)").find((field) => field.type !== "hidden" && shown(field))?.focus();
  }
})();
