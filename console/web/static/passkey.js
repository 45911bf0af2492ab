// The gesture of a passkey: the one thing that a page cannot do without a script. A form says what for:
//   data-passkey="act"       the options are in the page; the answer goes into the form, which is then sent as any form is;
//   data-passkey="presence"  the options are asked for when the button is pressed; then on to data-next;
//   data-passkey="create"    likewise, for a new passkey;
//   data-passkey="add"       likewise, after a gesture with one that is there already.
"use strict";

const bytes = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

const listed = (list) => (list || []).map((c) => ({ ...c, id: bytes(c.id) }));

function requestOptions(o) {
  if (PublicKeyCredential.parseRequestOptionsFromJSON) return PublicKeyCredential.parseRequestOptionsFromJSON(o);
  return { ...o, challenge: bytes(o.challenge), allowCredentials: listed(o.allowCredentials) };
}

function creationOptions(o) {
  if (PublicKeyCredential.parseCreationOptionsFromJSON) return PublicKeyCredential.parseCreationOptionsFromJSON(o);
  return { ...o, challenge: bytes(o.challenge), user: { ...o.user, id: bytes(o.user.id) }, excludeCredentials: listed(o.excludeCredentials) };
}

function answer(credential) {
  if (credential.toJSON) return credential.toJSON();
  const response = { clientDataJSON: text(credential.response.clientDataJSON) };
  for (const part of ["attestationObject", "authenticatorData", "signature", "userHandle"])
    if (credential.response[part]) response[part] = text(credential.response[part]);
  return {
    id: credential.id, rawId: text(credential.rawId), type: credential.type, response,
    authenticatorAttachment: credential.authenticatorAttachment || undefined,
    clientExtensionResults: credential.getClientExtensionResults(),
  };
}

const get = async (o) => answer(await navigator.credentials.get({ publicKey: requestOptions(o.publicKey || o) }));
const create = async (o) => answer(await navigator.credentials.create({ publicKey: creationOptions(o.publicKey || o) }));

// send posts JSON and returns JSON; a refusal is thrown in the server's words.
async function send(to, body) {
  const sent = await fetch(to, {
    method: "POST", credentials: "same-origin", body: JSON.stringify(body),
    headers: { "Content-Type": "application/json", Accept: "application/json" },
  });
  if (sent.status === 204) return null;
  const said = await sent.json();
  if (sent.ok) return said;
  throw new Error([said.detail, said.way_out].filter(Boolean).join(" "));
}

const gestures = {
  async act(form) {
    form.elements.assertion.value = JSON.stringify(await get(JSON.parse(form.dataset.options)));
    form.submit();
  },
  async presence(form) {
    const begun = await send("/cloison/act/presence/options", {});
    await send("/cloison/act/presence", { act: begun.act, assertion: await get(begun.options) });
    location.assign(form.dataset.next);
  },
  async add(form) {
    const begun = await send("/cloison/act/add_passkey/options", {});
    await send("/cloison/act/add_passkey", { act: begun.act, assertion: await get(begun.options) });
    await gestures.create(form);
  },
  async create(form) {
    const made = await create(await send("/cloison/passkey/options", {}));
    await send("/cloison/passkey", { ...made, name: form.elements.name.value });
    location.assign(form.dataset.next);
  },
};

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const button = form.querySelector("button"), status = form.querySelector("[role=status]");
  if (!window.PublicKeyCredential) {
    status.textContent = form.dataset.unknown;
    continue;
  }
  button.disabled = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    status.textContent = "";
    try {
      await gestures[form.dataset.passkey](form);
    } catch (failed) {
      // The browser's own errors are in its own words, and say too much to a thief and too little to anybody else.
      status.textContent = failed instanceof DOMException || !failed.message ? form.dataset.failed : failed.message;
      button.disabled = false;
      button.focus();
    }
  });
}
