// See web_sign_in.hpp.
#include "actors/web/web_sign_in.hpp"

#include "actors/core/control.hpp"
#include "actors/web/web_frame.hpp"
#include "protocols/access_words.hpp"
#include "protocols/session_cookie.hpp"

#include <algorithm>

namespace troupe::actors {

using protocols::append_html;
using protocols::html;

web_reply sign_in_page(const sign_in_view& view) {
  std::string out;
  append_head(out, "Supervisor Sign in", "", "signin");
  append_header(out, {view.who, {}});
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
  append_footer(out, false);
  out += "</body>\n</html>\n";
  return web_private_page(std::move(out));
}

web_reply account_page(const account_view& view) {
  std::string out;
  append_head(out, "Supervisor Account", view.token, "account");
  append_header(out, {view.who, view.token, &view.reader});
  out += "<main class=\"account\">\n<h2>";
  append_html(out, view.reader.name());
  out += "</h2>\n</main>\n";
  append_footer(out, may_have_metrics(&view.reader));
  out += "</body>\n</html>\n";
  return web_private_page(std::move(out));
}

} // namespace troupe::actors
