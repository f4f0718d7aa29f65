// The account page: one's own tokens, which the server's page leaves to the API; and moments in the reader's own words.
// There is no such part where the daemon keeps no tokens.
import { post, url } from "./api.js";
import { moment } from "./format.js";
import { ask, paragraph } from "./menu.js";
import { saysSignedOut } from "./signed_out.js";

const place = document.getElementById("tokens");

function cell(tag, ...content) {
  const made = document.createElement(tag);
  if (tag === "th") made.scope = "row";
  made.append(...content);
  return made;
}

function rowOf(token) {
  const row = document.createElement("tr");
  const name = token.name ? `${token.name} ` : "";
  const id = document.createElement("code");
  id.textContent = token.id;
  const roles = token.roles?.length ? token.roles.join(", ") : "as you";
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Revoke";
  button.setAttribute("aria-label", `Revoke token ${name}${token.id}`);
  button.onclick = async () => {
    const fill = (body) => body.append(paragraph("Whoever uses it is refused from now on."));
    if (!(await ask(`Revoke ${name}${token.id}?`, fill, "Revoke", true))) return;
    await post(`tokens/${encodeURIComponent(token.id)}/revoke`).then(show, (problem) => alertOf(problem.message));
  };
  const action = cell("td", button);
  action.className = "do";
  row.append(cell("th", name, id), cell("td", roles), cell("td", moment(token.expires)), action);
  return row;
}

function alertOf(text) {
  const said = paragraph(text);
  said.className = "problem";
  said.setAttribute("role", "alert");
  place.append(said);
}

async function show() {
  const response = await fetch(url("api/v1/tokens"), { cache: "no-store" });
  if (saysSignedOut(response)) return;
  const tokens = response.ok ? (await response.json()).tokens : [];
  place.hidden = tokens.length === 0;
  const heading = document.createElement("h3");
  heading.textContent = "Your tokens";
  const table = document.createElement("table");
  const head = document.createElement("tr");
  for (const title of ["Token", "Roles", "Expires"]) {
    const each = document.createElement("th");
    each.scope = "col";
    each.textContent = title;
    head.append(each);
  }
  head.insertAdjacentHTML("beforeend", '<th scope="col"><span class="quiet">Actions</span></th>');
  table.createTHead().append(head);
  table.createTBody().append(...tokens.map(rowOf));
  place.replaceChildren(heading, table);
}

await show();
