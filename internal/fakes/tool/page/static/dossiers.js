"use strict";
const $ = (s) => document.querySelector(s);
const labels = { nom: "Nom", prenom: "Prénom", sexe: "Sexe", naissance: "Naissance", nir: "Numéro de sécurité sociale",
  identifiant: "Identifiant", adresse: "Adresse", courriel: "Courriel", telephones: "Téléphones", statut: "Statut",
  inscription: "Inscription", conseiller: "Conseiller", structure: "Structure", notes: "Notes" };
const count = (n) => n.toLocaleString("fr-FR");
let query = { nom: "", commune: "", page: 1 };

function say(text, refused) {
  $("#etat").textContent = text;
  $("#etat").classList.toggle("refus", Boolean(refused));
}

// ask returns the document and what Cloison withheld from it, or null when it has said why there is none.
async function ask(path, headers) {
  let response;
  try {
    response = await fetch(path, { headers: { Accept: "application/json", ...headers }, credentials: "same-origin" });
  } catch {
    say("Le service ne répond pas. Réessayez dans une minute.", true);
    return null;
  }
  const body = await response.json().catch(() => null);
  if (response.ok && body) {
    return { body, withheld: Number(response.headers.get("Cloison-Withheld")) || 0 };
  }
  if (!body || !body.title) {
    say("Réponse illisible (" + response.status + ").", true);
    return null;
  }
  say([body.title + ".", body.detail, body.way_out].filter(Boolean).join(" "), true);
  // Where the way out begins, as for the passkey; only on this very host.
  if (body.action && new URL(body.action, location.href).origin === location.origin)
    $("#etat").append(" ", Object.assign(document.createElement("a"), { href: body.action, textContent: "Continuer" }));
  return null;
}

function sayCount(total, withheld) {
  const parts = [total === 0 ? "Aucune personne." : total === 1 ? "1 personne." : count(total) + " personnes."];
  if (withheld === 1) parts.push("1 autre personne correspond. Elle n’est pas rattachée à vous.");
  if (withheld > 1) parts.push(count(withheld) + " autres personnes correspondent. Elles ne sont pas rattachées à vous.");
  say(parts.join(" "));
}

async function search() {
  $("#dossier").hidden = true;
  const got = await ask("/api/recherche?" + new URLSearchParams(query));
  if (!got) { $("#liste").hidden = true; return; }
  const rows = got.body.resultats;
  sayCount(got.withheld ? rows.length : got.body.total, got.withheld);
  $("#liste tbody").replaceChildren(...rows.map((p) => {
    const open = Object.assign(document.createElement("button"), { type: "button", textContent: p.nom });
    open.addEventListener("click", () => show(p.id));
    const tr = document.createElement("tr");
    tr.insertCell().append(open);
    for (const k of ["prenom", "naissance", "commune"]) tr.insertCell().textContent = p[k] ?? "";
    return tr;
  }));
  $("#liste").hidden = rows.length === 0;
  $("#page").textContent = "Page " + count(got.body.page) + " sur " + count(Math.max(1, got.body.pages));
  $("#avant").disabled = got.body.page <= 1;
  $("#apres").disabled = got.body.page >= got.body.pages;
}

async function show(id, headers) {
  const got = await ask("/api/dossiers/" + encodeURIComponent(id), headers);
  if (!got) return;
  const p = got.body;
  $("#dossier h2").textContent = [p.prenom, p.nom].filter(Boolean).join(" ");
  const items = [];
  for (const [key, label] of Object.entries(labels)) {
    if (!(key in p)) continue;
    const dd = document.createElement("dd");
    const v = p[key];
    dd.textContent = key === "notes" ? v.map((n) => n.texte).join(" · ") : Array.isArray(v) ? v.join(", ") : (v ?? "");
    if (key === "nir" && String(v).includes("•")) {
      const reveal = Object.assign(document.createElement("button"), { type: "button", textContent: "Afficher le numéro" });
      reveal.addEventListener("click", () => show(id, { "Cloison-Reveal": "nir" }));
      dd.append(" ", reveal);
    }
    items.push(Object.assign(document.createElement("dt"), { textContent: label }), dd);
  }
  $("#dossier dl").replaceChildren(...items);
  $("#dossier").hidden = false;
  say("Dossier ouvert.");
  $("#dossier").scrollIntoView({ block: "nearest" });
}

$("#recherche").addEventListener("submit", (e) => {
  e.preventDefault();
  const form = new FormData(e.target);
  query = { nom: form.get("nom").trim(), commune: form.get("commune").trim(), page: 1 };
  search();
});
$("#avant").addEventListener("click", () => { query.page--; search(); });
$("#apres").addEventListener("click", () => { query.page++; search(); });
