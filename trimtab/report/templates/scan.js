"use strict";
const AT_ONCE = 200;
const get = (id) => document.getElementById(id);
const data = JSON.parse(get("data").textContent);
const { functions, rows, policies, accounts, whats, reasons, parts } = data;
const count = rows.f.length;
const savings = new Map(data.savings.map(([row, said, usd]) => [row, { said, usd }]));
const severities = policies.map((policy) => policy[2]);
const numbers = (total) => Array.from({ length: total }, (_, n) => n);
const many = (n) => n.toLocaleString("en-US");
const kindOf = (state) => (state < 0 ? "open" : state ? "suppressed" : "finding");
const reasonOf = (n) => reasons[n].map((part) => parts[part]).join("; ");
const controls = ["search", "kind", "severity", "policy", "account", "order"].map(get);
const [search, kind, severity, policy, account, order] = controls;
let found = [];
let first = 0;

/* A word is looked for once in each text, not once in each row: that keeps a keystroke short. */
const holds = (texts, word) => texts.map((text) => text.includes(word));
const low = (texts) => texts.map((text) => text.toLowerCase());
const lower = {
  names: low(functions.n),
  accounts: low(accounts.map((one) => one.join(" "))),
  regions: low(data.regions),
  policies: low(policies.map((one) => one.join(" "))),
  whats: low(whats.map((one) => one[0])),
  parts: low(parts),
  exemptions: low(data.exemptions.map((covered) => "suppressed " + covered)),
};

function rowsWith(word) {
  const hit = {};
  for (const [name, texts] of Object.entries(lower)) hit[name] = holds(texts, word);
  const byFunction = functions.n.map(
    (_, n) => hit.names[n] || hit.accounts[functions.a[n]] || hit.regions[functions.r[n]],
  );
  const byReason = reasons.map((some) => some.some((part) => hit.parts[part]));
  const open = "not known".includes(word);
  return (n) => {
    const state = rows.s[n];
    if (byFunction[rows.f[n]] || byReason[rows.b[n]]) return true;
    if (state < 0) return open || hit.whats[rows.p[n]];
    return hit.policies[rows.p[n]] || (state > 0 && hit.exemptions[state - 1]);
  };
}

const byPlace = (a, b) => a - b;
const costOf = (n) => functions.c[rows.f[n]] ?? -1;
const savingOf = (n) => savings.get(n)?.usd ?? -Infinity;
const orders = {
  "": () => byPlace,
  saving: () => (a, b) => Math.sign(savingOf(b) - savingOf(a)) || a - b,
  cost: () => (a, b) => costOf(b) - costOf(a) || a - b,
  name: () => {
    const rank = new Uint32Array(functions.n.length);
    const names = lower.names;
    numbers(names.length)
      .sort((a, b) => (names[a] < names[b] ? -1 : names[a] > names[b] ? 1 : a - b))
      .forEach((n, place) => { rank[n] = place; });
    return (a, b) => rank[rows.f[a]] - rank[rows.f[b]] || a - b;
  },
};
const sorted = {};
const inOrder = (name) => (sorted[name] ??= numbers(count).sort(orders[name]()));

function wanted() {
  const tests = search.value.toLowerCase().split(/\s+/).filter(Boolean).map(rowsWith);
  if (kind.value) tests.push((n) => kindOf(rows.s[n]) === kind.value);
  if (severity.value) {
    tests.push((n) => rows.s[n] >= 0 && severities[rows.p[n]] === severity.value);
  }
  if (policy.value) {
    const asked = Number(policy.value);
    const open = whats.map((one) => one[1].includes(asked));
    tests.push((n) => (rows.s[n] < 0 ? open[rows.p[n]] : rows.p[n] === asked));
  }
  if (account.value) {
    const asked = Number(account.value);
    tests.push((n) => functions.a[rows.f[n]] === asked);
  }
  return inOrder(order.value).filter((n) => tests.every((test) => test(n)));
}

function span(text, name) {
  const made = document.createElement("span");
  made.className = name;
  made.textContent = text;
  return made;
}

const soft = (text) => span(text, "soft");
const level = (name) => span(name[0].toUpperCase() + name.slice(1), "level level-" + name);

function drawn(n) {
  const row = get("row").content.cloneNode(true).firstElementChild;
  const [name, place, rule, grave, why, saving] = row.children;
  const one = rows.f[n];
  const state = rows.s[n];
  name.textContent = functions.n[one] || "(no one function)";
  const [id, called] = accounts[functions.a[one]];
  place.append(id);
  if (called !== id) place.append(" ", soft(called));
  place.append(" ", soft(data.regions[functions.r[one]]));
  rule.textContent = state < 0 ? whats[rows.p[n]][0] : policies[rows.p[n]][0];
  grave.append(state < 0 ? "not known" : level(severities[rows.p[n]]));
  if (state > 0) grave.append(" suppressed");
  why.textContent = reasonOf(rows.b[n]);
  if (state > 0) why.append(" ", soft("Suppressed " + data.exemptions[state - 1]));
  saving.textContent = savings.get(n)?.said ?? "";
  if (!saving.textContent) saving.className = "empty";
  return row;
}

function draw() {
  const last = Math.min(first + AT_ONCE, found.length);
  const body = document.querySelector("#list tbody");
  body.replaceChildren(...found.slice(first, last).map(drawn));
  get("place").textContent = found.length ? `${many(first + 1)}–${many(last)} of ${many(found.length)}` : "Nothing fits";
  get("before").disabled = first === 0;
  get("after").disabled = last === found.length;
}

function look() {
  found = wanted();
  first = 0;
  get("shown").textContent = `${many(found.length)} of ${many(count)} shown`;
  draw();
}

function turn(by) {
  first += by;
  draw();
  get("findings").scrollIntoView();
}

function offer(select, names) {
  names.forEach(([text, n]) => select.add(new Option(text, n)));
}

const byText = (a, b) => (a[0] < b[0] ? -1 : 1);
offer(policy, policies.map((one, n) => [one[0], n]).sort(byText));
offer(account, accounts.map((one, n) => [[...new Set(one)].join(" "), n]).sort(byText));
controls.forEach((control) => control.addEventListener("input", look));
get("before").addEventListener("click", () => turn(-AT_ONCE));
get("after").addEventListener("click", () => turn(AT_ONCE));
document.addEventListener("click", (event) => {
  const chosen = event.target.closest("[data-policy]");
  if (!chosen) return;
  controls.forEach((control) => { control.value = ""; });
  policy.value = String(policies.findIndex((one) => one[0] === chosen.dataset.policy));
  look();
});
get("plain").hidden = true;
get("tools").hidden = get("list").hidden = false;
look();
