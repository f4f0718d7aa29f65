// What happens to a page whose reader is signed out: it keeps what it shows, says so, and links to the sign-in page. Must
// not know what is on the page.

/// The daemon judges who asks, and the head of the page names him.
export const guarded = document.querySelector(".reader") !== null;

let said = false;
const tellers = [];

/// `tell` is called once, when the session is over.
export function onSignedOut(tell) {
  tellers.push(tell);
}

export function signedOut() {
  if (said) return;
  said = true;
  const page = location.pathname.split("/").at(-1) || "index.html";
  const link = document.createElement("a");
  link.href = `signin.html?next=${encodeURIComponent(page + (page === "tail.html" ? location.search : ""))}`;
  link.textContent = "Sign in";
  const banner = document.createElement("p");
  banner.className = "status_msg signed-out";
  banner.setAttribute("role", "alert");
  banner.append("You have been signed out. ", link);
  document.querySelector("main").prepend(banner);
  document.documentElement.classList.add("out");
  for (const tell of tellers) tell();
}

/// Whether an answer says that nobody is signed in. A browser that has a password of its own never sees one.
export function saysSignedOut(response) {
  const out = response.status === 401 && (response.headers.get("WWW-Authenticate") ?? "").startsWith("Session");
  if (out) signedOut();
  return out;
}
