// See web_frame.hpp.
#include "actors/web/web_frame.hpp"

#include "actors/web/web_verbs.hpp"
#include "protocols/html.hpp"
#include "troupe_version.hpp"

#include <algorithm>
#include <iterator>

namespace troupe::actors {

using protocols::append_html;

void append_head(std::string& out, const std::string& title, const std::string& token, const char* page,
                 const caller* reader) {
  out += R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>)";
  append_html(out, title);
  out += R"(</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="troupe-token" content=")";
  append_html(out, token);
  out += R"(">
<link rel="stylesheet" href="stylesheets/supervisor.css">
<link rel="icon" type="image/png" href="images/icon.png">
<script src="scripts/theme.js"></script>
)";
  if (*page != '\0') // else there is nothing in it to bring to life
    ((out += "<script type=\"module\" src=\"scripts/") += page) += ".js\"></script>\n";
  ((out += "</head>\n<body data-page=\"") += page) += '"';
  if (!may_follow(reader))
    out += " data-feed=\"poll\"";
  if (reader && reader->view().judges()) // with other rules it is another page
    out += " data-rules=\"" + std::to_string(reader->view().epoch()) + '"';
  out += ">\n";
}

void append_token(std::string& out, const std::string& token) {
  out += R"(<input type="hidden" name="token" value=")";
  append_html(out, token);
  out += "\">\n";
}

namespace {

/// Who reads the page, and how he leaves.
void append_reader(std::string& out, const page_frame& frame) {
  if (!frame.reader || !frame.reader->known())
    return;
  const auto& reader = *frame.reader;
  out += "<div class=\"reader\">";
  if (reader.how() == "anonymous") {
    out += "<a href=\"signin.html\">Sign in</a>";
  } else {
    out += "<a href=\"account.html\">";
    append_html(out, reader.name());
    out += "</a>";
  }
  auto anywhere = reader.view().held().anywhere();
  if (anywhere.rights != 0 && !offers_any(anywhere))
    out += " <span class=\"tag\">View only</span>";
  if (reader.how() == "session") {
    out += "<form method=\"post\" action=\"signout\">";
    append_token(out, frame.token);
    out += "<button>Sign out</button></form>";
  } else if (reader.how() != "anonymous") {
    out += " <span class=\"hint\">Your browser signs you in; close it to sign out.</span>";
  }
  out += "</div>\n";
}

} // namespace

bool offers_any(const protocols::mask& held) {
  return std::any_of(std::begin(web_verbs), std::end(web_verbs), [&](auto& verb) { return verb.offered(held); });
}

bool may_follow(const caller* reader) {
  return !reader || protocols::has(reader->view().held().anywhere().rights, config::right::events);
}

bool may_have_metrics(const caller* reader) {
  return !reader || protocols::has(reader->view().held().anywhere().rights, config::right::metrics);
}

void begin_header(std::string& out, const page_frame& frame) {
  out += "<header class=\"top\">\n<div class=\"bar\">\n<a class=\"brand\" href=\"./\"><img src=\"images/icon.png\" "
         "alt=\"\" width=\"24\" height=\"24\"><h1>Supervisor</h1></a>\n";
  if (!frame.stranger) {
    out += "<p class=\"where\"><b>";
    append_html(out, frame.who.identifier);
    out += "</b> <span>on ";
    append_html(out, frame.who.machine);
    out += "</span></p>\n";
  }
  if (frame.live)
    out += "<p id=\"link\" class=\"needs-script\" role=\"status\" data-link=\"connecting\">connecting</p>\n";
  out += "<div class=\"tools\">";
  if (frame.graph)
    out += "<a class=\"button\" id=\"graph-open\" href=\"graph.html\">Dependencies</a>";
  if (frame.configuration)
    out += R"(<button type="button" class="needs-script" id="config-open">Configuration</button>)";
  if (frame.main_log)
    out += R"(<button type="button" class="needs-script" id="mainlog-open">Daemon log</button>)";
  out +=
    R"(<button type="button" class="needs-script" id="theme" aria-label="Theme: auto, as the system">Theme: auto</button></div>
)";
  append_reader(out, frame);
  out += "</div>\n";
}

void append_header(std::string& out, const page_frame& frame) {
  begin_header(out, frame);
  out += "</header>\n";
}

void append_footer(std::string& out, bool metrics) {
  out += metrics ? "<footer>Supervisor <a href=\"metrics\">metrics</a> · version " : "<footer>Supervisor · version ";
  append_html(out, version);
  out += "</footer>\n";
}

} // namespace troupe::actors
