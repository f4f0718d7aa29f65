// See web_sign_in.hpp.
#include "actors/web/web_sign_in.hpp"

#include "actors/core/control.hpp"
#include "actors/web/web_frame.hpp"
#include "protocols/access_words.hpp"
#include "protocols/session_cookie.hpp"

#include <ctime>
#include <span>

namespace troupe::actors {

using protocols::append_html;
using protocols::html;

web_reply sign_in_page(const sign_in_view& view) {
  std::string out;
  append_head(out, "Supervisor Sign in", "", "signin");
  append_header(out, {.who = view.who, .token = {}, .stranger = true});
  auto next = html(protocols::page_after_sign_in(view.next));
  out += "<main class=\"sign-in\">\n<h2>Sign in</h2>\n";
  out += "<p id=\"problem\" class=\"problem\" role=\"alert\"";
  out += view.problem.empty() ? " hidden>" : ">";
  append_html(out, view.problem);
  out += "</p>\n<form method=\"post\" action=\"signin.html\" data-next=\"" + next + R"(">
<label for="user">Name</label>
<input id="user" name="user" autocomplete="username" autocapitalize="none" spellcheck="false" required autofocus>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required>
<input type="hidden" name="next" value=")" +
         next + R"(">
<button class="button primary">Sign in</button>
</form>
</main>
)";
  out += "</body>\n</html>\n";
  return web_private_page(std::move(out));
}

namespace {

void append_fact(std::string& out, const char* what, std::string_view text) {
  ((out += "<dt>") += what) += "</dt><dd>";
  append_html(out, text);
  out += "</dd>\n";
}

std::string listed(std::span<const std::string> words) {
  std::string text;
  for (const auto& word : words)
    (text += text.empty() ? "" : ", ") += word;
  return text;
}

void append_right_row(std::string& out, std::string_view name, const std::string& words) {
  out += "<tr><th scope=\"row\">";
  append_html(out, name);
  out += "</th><td>";
  append_html(out, words);
  out += "</td></tr>\n";
}

/// By program: what he sees, and what he may do there.
void append_rights(std::string& out, const caller& reader) {
  const auto& view = reader.view();
  std::vector<std::string> of_daemon;
  for (const auto& row : config::right_table)
    if (row.over != config::right_scope::program && reader.may(row.which))
      of_daemon.emplace_back(row.word);
  auto programs = view.all();
  out += "<section>\n<h3>What you may do</h3>\n";
  if (programs.empty() && of_daemon.empty()) {
    out += "<p>You are signed in as " + html(reader.name()) + " and may see nothing here.</p>\n</section>\n";
    return;
  }
  out += "<table>\n<thead><tr><th scope=\"col\">Program</th><th scope=\"col\">Rights</th></tr></thead>\n<tbody>\n";
  if (!of_daemon.empty())
    append_right_row(out, "The daemon", listed(of_daemon));
  for (const auto& process : programs)
    append_right_row(out, full_name(process->who->group, process->who->options->name),
                     listed(protocols::words_of(view.over(*process->who))));
  out += "</tbody>\n</table>\n</section>\n";
}

std::string moment(std::int64_t when) {
  auto seconds = static_cast<std::time_t>(when);
  std::tm local{};
  char text[32] = {};
  if (::localtime_r(&seconds, &local))
    std::strftime(text, sizeof text, "%Y-%m-%d %H:%M", &local);
  return text;
}

void append_sessions(std::string& out, const account_view& view) {
  if (view.sessions.empty())
    return;
  out += "<section>\n<h3>Where you are signed in</h3>\n<table>\n<thead><tr><th scope=\"col\">From</th><th "
         "scope=\"col\">Since</th><th scope=\"col\"><span class=\"quiet\">Actions</span></th></tr></thead>\n<tbody>\n";
  for (const auto& one : view.sessions) {
    out += "<tr><th scope=\"row\">" + html(one.place) + (one.this_one ? " <span class=\"tag\">here</span>" : "") +
           "</th><td><time>" + moment(one.since) +
           "</time></td><td class=\"do\"><form method=\"post\" action=\"api/v1/session/end\">";
    append_token(out, view.token);
    out += "<input type=\"hidden\" name=\"id\" value=\"" + html(one.id) +
           "\"><button aria-label=\"End the session from " + html(one.place) + " since " + moment(one.since) +
           "\">End</button></form></td></tr>\n";
  }
  out += "</tbody>\n</table>\n</section>\n";
}

} // namespace

web_reply account_page(const account_view& view) {
  const auto& reader = view.reader;
  std::string out;
  append_head(out, "Supervisor Account", view.token, "account");
  append_header(out, {view.who, view.token, &reader});
  out += "<main class=\"account\">\n<h2>";
  append_html(out, reader.name());
  out += "</h2>\n<dl>\n";
  append_fact(out, "Signed in by", reader.how());
  append_fact(out, "From", reader.from());
  append_fact(out, "Roles", reader.roles().empty() ? "none" : listed(reader.roles()));
  out += "</dl>\n";
  append_sessions(out, view);
  out += "<section id=\"tokens\" hidden></section>\n";
  append_rights(out, reader);
  out += "</main>\n";
  append_footer(out, may_have_metrics(&reader));
  out += "</body>\n</html>\n";
  return web_private_page(std::move(out));
}

} // namespace troupe::actors
