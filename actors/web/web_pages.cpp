// See web_pages.hpp. Everything links relatively, so that a proxy may put the pages into a folder.
#include "actors/web/web_pages.hpp"

#include "actors/core/control.hpp"
#include "actors/rpc/seen_status.hpp"
#include "actors/web/web_frame.hpp"
#include "actors/web/web_verbs.hpp"
#include "protocols/descriptions.hpp"
#include "protocols/html.hpp"

#include <algorithm>
#include <span>

namespace troupe::actors {

using protocols::append_html;
using protocols::html;
using protocols::url_quoted;

namespace {

/// A button of a form that is posted to an old URL of the action.
void append_action(std::string& out, const char* action, const char* label, const std::string& target, bool shown,
                   const std::string& of) {
  (out += "<button class=\"act ") += action;
  (out += "\" formaction=\"index.html?action=") += action;
  out += target;
  if (!of.empty()) {
    ((out += "\" aria-label=\"") += label) += ' ';
    append_html(out, of);
  }
  out += shown ? "\">" : "\" hidden>";
  (out += label) += "</button>";
}

/// What is not done every day is in a menu, which needs scripts.
void append_more(std::string& out, const std::string& of) {
  out += "<button type=\"button\" class=\"more needs-script\" aria-haspopup=\"menu\" aria-label=\"More for ";
  append_html(out, of);
  out += "\">⋯</button>";
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  return out;
}

/// The classes that scripts have looked for since Supervisor's own pages.
const char* class_of(process_state state) {
  switch (state) {
  case process_state::running:
    return "statusrunning";
  case process_state::backoff:
  case process_state::fatal:
    return "statuserror";
  case process_state::stopped:
  case process_state::starting:
  case process_state::stopping:
  case process_state::exited:
  case process_state::unknown:
    break;
  }
  return "statusnominal";
}

/// The buttons of one process that the reader may press, those hidden that make no sense in its state.
void append_verb(std::string& out, web_verb what, const protocols::mask& held, process_state state,
                 const std::string& target, const std::string& of) {
  const auto& verb = row_of(what);
  if (verb.offered(held))
    append_action(out, verb.button, verb.label, target, verb.allowed(state), of);
}

void append_verbs(std::string& out, const protocols::mask& held, process_state state, const std::string& target,
                  const std::string& of) {
  for (const auto& verb : button_verbs)
    append_verb(out, verb.what, held, state, target, of);
}

process_state shown_state(const process_status& p) { return is_unhealthy(p) ? process_state::fatal : p.state; }

/// Leads to the report of its last end, if nobody had asked for that; hidden where there was none.
void append_mark(std::string& out, const process_status& p, const protocols::mask& held, const std::string& quoted) {
  if (!protocols::has(held.rights, config::right::tail))
    return;
  out += " <a class=\"died\" title=\"it has ended by itself: why\" aria-label=\"why " + html(p.who->options->name) +
         " ended\" href=\"tail.html?processname=" + quoted + "&amp;deaths=1#deaths\"" +
         (p.died == 0 ? " hidden>" : ">") + "†</a>";
}

/// A row of the table; also the template from which the scripts make theirs. `acts`: the table has what acts on rows.
void append_row(std::string& out, const process_status& p, const protocols::mask& held, std::int64_t now, bool acts) {
  auto name = full_name(p.who->group, p.who->options->name);
  auto quoted = html(url_quoted(name)); // ':' too, as the old pages did it
  auto target = "&amp;processname=" + quoted;
  bool running = p.state == process_state::running;
  auto shown = html(name);
  out += "<tr class=\"row\" data-name=\"" + shown + "\" data-state=\"" + std::string(to_string(p.state)) + "\">";
  bool offers = offers_any(held);
  if (acts)
    out += "<td class=\"pick\">";
  if (offers)
    out += "<input type=\"checkbox\" name=\"select\" value=\"" + shown + "\" aria-label=\"Select " + shown + "\">";
  out += acts ? "</td>" : "";
  auto word = is_unhealthy(p) ? std::string("UNHEALTHY") : std::string(to_string(p.state));
  out += "<td class=\"state\"><span class=\"badge " + std::string(class_of(shown_state(p))) + "\" data-state=\"" +
         word + "\">" + lower(word) + "</span></td>";
  out += "<td class=\"name\"><a href=\"tail.html?processname=" + quoted + "\">";
  if (p.who->group != p.who->options->name)
    out += "<span class=\"of\">" + html(p.who->group) + ":</span>";
  out += html(p.who->options->name) + "</a>";
  append_mark(out, p, held, quoted);
  out += "</td><td class=\"about\">";
  append_html(out, about(p, now));
  out += "</td><td class=\"uptime\">";
  if (running)
    out += protocols::uptime_text(now - p.laststart / 1'000'000);
  out += "</td><td class=\"pid\">";
  if (p.pid != 0)
    out += std::to_string(p.pid);
  out += "</td><td class=\"cpu\"></td><td class=\"memory\"></td>";
  out += acts ? "<td class=\"do\">" : "";
  append_verbs(out, held, p.state, target, name);
  if (offers)
    append_more(out, name);
  out += acts ? "</td></tr>\n" : "</tr>\n";
}

/// `held`: over some member, whichever.
void append_group_header(std::string& out, const std::string& group, const protocols::mask& held, std::size_t members,
                         bool acts) {
  auto shown = html(group);
  auto target = "&amp;group=" + html(url_quoted(group));
  out += "<tr class=\"group\" data-group=\"" + shown + "\">\n<th colspan=\"" + (acts ? "8" : "7") +
         "\" scope=\"rowgroup\"><span class=\"title\">" + shown + "</span> <span class=\"count\">" +
         std::to_string(members) + "</span></th>\n";
  out += acts ? "<td class=\"do\">" : "";
  auto of = "all of " + group;
  for (auto what : {web_verb::start, web_verb::restart, web_verb::stop})
    if (const auto& verb = row_of(what); verb.offered(held))
      append_action(out, verb.button, verb.label, target, true, of);
  if (offers_any(held))
    append_more(out, of);
  out += acts ? "</td>\n</tr>\n" : "</tr>\n";
}

protocols::mask held_over_some(const board_view& board, std::span<const process_status_ptr> processes) {
  protocols::mask some;
  for (const auto& process : processes) {
    auto held = board.over(*process->who);
    some.rights |= held.rights;
    some.signals |= held.signals;
  }
  return some;
}

void append_table(std::string& out, const status_view& view, bool acts) {
  out += acts ? "<table id=\"processes\">" : "<table id=\"processes\" class=\"view-only\">";
  out += "\n<caption class=\"quiet\">Processes</caption>\n<thead><tr>\n";
  if (acts)
    out += "<th class=\"pick\"><span class=\"quiet\">Select</span></th>\n";
  out += R"(<th class="state" data-sort="state">State</th>
<th class="name" data-sort="name">Name</th>
<th class="about">Description</th>
<th class="uptime" data-sort="uptime">Uptime</th>
<th class="pid">PID</th>
<th class="cpu" data-sort="cpu">CPU</th>
<th class="memory" data-sort="memory">Memory</th>
)";
  if (acts)
    out += "<th class=\"do\"><span class=\"quiet\">Actions</span></th>\n";
  out += "</tr></thead>\n";
  const auto& all = view.processes;
  for (std::size_t i = 0; i < all.size();) {
    auto end = i;
    while (end < all.size() && all[end]->who->group == all[i]->who->group)
      ++end;
    out += "<tbody data-group=\"" + html(all[i]->who->group) + "\">\n";
    if (end - i > 1 || all[i]->who->options->name != all[i]->who->group)
      append_group_header(out, all[i]->who->group, held_over_some(view.board, std::span(all).subspan(i, end - i)),
                          end - i, acts);
    for (; i < end; ++i)
      append_row(out, seen_status(view.board, *all[i]).get(), view.board.over(*all[i]->who), view.now, acts);
    out += "</tbody>\n";
  }
  out += "</table>\n";
}

/// The filters: one for each thing a person looks for.
struct filter {
  const char* key;
  const char* label;
  bool (*holds)(process_state);
};
constexpr filter filters[] = {
  {"all", "All", [](process_state) { return true; }},
  {"running", "Running", [](process_state s) { return s == process_state::running; }},
  {"changing", "Changing",
   [](process_state s) { return s == process_state::starting || s == process_state::stopping; }},
  {"failing", "Failing", [](process_state s) { return s == process_state::backoff || s == process_state::fatal; }},
  {"stopped", "Stopped",
   [](process_state s) {
     return s == process_state::stopped || s == process_state::exited || s == process_state::unknown;
   }},
};

void append_filters(std::string& out, const std::vector<process_status_ptr>& processes) {
  out += R"(<div class="bar filters needs-script">
<input type="search" id="search" placeholder="Search" aria-label="Search processes by name, command or description" autocomplete="off" spellcheck="false">
<div class="chips" role="group" aria-label="Filter by state">
)";
  for (const auto& f : filters) {
    auto count = std::count_if(processes.begin(), processes.end(), [&](auto& p) { return f.holds(shown_state(*p)); });
    out += "<button type=\"button\" class=\"chip\" data-filter=\"" + std::string(f.key) + "\" aria-pressed=\"" +
           (std::string_view(f.key) == "all" ? "true" : "false") + "\">" + f.label + " <b>" + std::to_string(count) +
           "</b></button>\n";
  }
  out += "</div>\n</div>\n";
}

void append_bulk_actions(std::string& out, const protocols::mask& held) {
  if (!offers_any(held)) {
    out += "<p class=\"no-script\"><a href=\"index.html?action=refresh\">Refresh</a></p>\n";
    return;
  }
  struct bulk_action {
    web_verb what;
    const char* name;
    const char* label;
  };
  auto append = [&](std::initializer_list<bulk_action> actions, const char* of) {
    for (const auto& action : actions)
      if (row_of(action.what).offered(held))
        append_action(out, action.name, action.label, "", true, of);
  };
  out += "<div class=\"bulk\" id=\"all-actions\" role=\"group\" aria-label=\"All processes\">\n";
  append({{web_verb::start, "startall", "Start all"},
          {web_verb::restart, "restartall", "Restart all"},
          {web_verb::stop, "stopall", "Stop all"},
          {web_verb::clear, "clearall", "Clear all logs"}},
         "");
  append_more(out, "all processes");
  out += "\n<a class=\"no-script\" href=\"index.html?action=refresh\">Refresh</a>\n</div>\n"
         "<div class=\"bulk\" id=\"selected-actions\" role=\"group\" aria-label=\"Selected processes\">\n"
         "<span class=\"chosen\">Selected:</span>\n";
  append({{web_verb::start, "startselected", "Start"},
          {web_verb::restart, "restartselected", "Restart"},
          {web_verb::stop, "stopselected", "Stop"},
          {web_verb::clear, "clearselected", "Clear logs"}},
         "selected");
  append_more(out, "selected processes");
  out += "\n</div>\n";
}

/// `held`: over some program. The scripts take out what is not held over the one that a row becomes.
void append_template(std::string& out, const protocols::mask& held) {
  process_status blank;
  auto who = std::make_shared<process_identity>();
  who->options = std::make_shared<config::process_options>();
  blank.who = who;
  out += "<template id=\"row\">";
  append_row(out, blank, held, 0, offers_any(held));
  out += "</template>\n<template id=\"group\">";
  append_group_header(out, "", held, 0, offers_any(held));
  out += "</template>\n";
}

} // namespace

std::string status_page(const status_view& view) {
  std::string out;
  out.reserve(8192 + view.processes.size() * 1600);
  append_head(out, "Supervisor Status", view.token, "status", view.reader);
  page_frame frame{view.who, view.token, view.reader, true};
  auto anywhere = view.board.held().anywhere();
  frame.configuration = protocols::has(anywhere.rights, config::right::update);
  frame.graph = view.graph;
  frame.main_log = view.board.held().may(config::right::mainlog);
  begin_header(out, frame);
  append_filters(out, view.processes);
  out += "</header>\n";
  out += "<main>\n";
  out += view.message.empty()
           ? "<div id=\"message\" class=\"status_msg\" role=\"status\" hidden></div>\n"
           : "<div id=\"message\" class=\"status_msg\" role=\"status\">" + html(view.message) + "</div>\n";
  out += "<form method=\"post\" action=\"index.html?action=refresh\" id=\"control\">\n";
  append_token(out, view.token);
  append_bulk_actions(out, anywhere);
  out += view.processes.empty() ? "<p id=\"none\">" : "<p id=\"none\" hidden>";
  if (view.reader && view.reader->known() && anywhere.rights == 0)
    out += "You are signed in as " + html(view.reader->name()) + " and may see nothing here.</p>\n";
  else
    out += "No programs to manage</p>\n";
  append_table(out, view, offers_any(anywhere));
  out += "</form>\n</main>\n";
  append_footer(out, protocols::has(anywhere.rights, config::right::metrics));
  append_template(out, anywhere);
  out += "</body>\n</html>\n";
  return out;
}

std::string question_page(const question_view& view) {
  constexpr std::size_t most_named = 50;
  std::string out;
  append_head(out, "Supervisor asks", view.token, "");
  append_header(out, {view.who, view.token, view.reader, false});
  out += "<main class=\"question\">\n<h2>" + html(view.question) + "</h2>\n<p class=\"names\">";
  for (std::size_t i = 0; i < view.names.size() && i < most_named; ++i)
    out += (i > 0 ? ", " : "") + html(view.names[i]);
  if (view.names.size() > most_named)
    out += ", and " + std::to_string(view.names.size() - most_named) + " more";
  out += "</p>\n<form method=\"post\" class=\"bulk\" action=\"index.html?action=" + html(view.action) + "\">\n";
  append_token(out, view.token);
  out += "<input type=\"hidden\" name=\"confirmed\" value=\"yes\">\n";
  for (const auto& [name, value] : view.fields)
    out += "<input type=\"hidden\" name=\"" + html(name) + "\" value=\"" + html(value) + "\">\n";
  out += std::string("<a class=\"button\" href=\"./\">Cancel</a>\n<button class=\"button ") +
         (view.danger ? "danger" : "primary") + "\">" + html(view.question.substr(0, view.question.find(' '))) +
         "</button>\n</form>\n</main>\n";
  append_footer(out, may_have_metrics(view.reader));
  out += "</body>\n</html>\n";
  return out;
}

namespace {

/// The last ends of the process, as `supervisorctl why` tells them.
void append_deaths(std::string& out, const tail_view& view) {
  if (view.deaths.empty())
    return;
  auto count = view.deaths.size();
  out += std::string("<details id=\"deaths\" class=\"deaths\"") + (view.deaths_open ? " open" : "") +
         "><summary>Ended " + (count == 1 ? "once" : std::to_string(count) + " times") + " by itself</summary>\n";
  for (const auto& report : view.deaths) {
    out += "<pre>\n"; // the first line feed in it does not count
    append_html(out, protocols::death_text(*report, view.deaths_shown));
    out += "</pre>\n";
  }
  out += "</details>\n";
}

} // namespace

std::string tail_page(const tail_view& view) {
  std::string out;
  auto shown = view.name.empty() ? "None" : view.name;
  append_head(out, "Supervisor tail of process " + shown, view.token, "tail", view.reader);
  append_header(out, {view.who, view.token, view.reader, true});
  auto quoted = html(url_quoted(view.name));
  out +=
    "<main class=\"tail\"" +
    (view.process ? " data-name=\"" + html(full_name(view.process->who->group, view.process->who->options->name)) + "\""
                  : "") +
    " data-channel=\"" + (view.is_stderr ? "stderr" : "stdout") + "\">\n<h2>" + html(shown) + "</h2>\n";
  if (view.process && offers_any(view.held)) {
    out += "<form method=\"post\" action=\"index.html?action=refresh\" class=\"bulk\">\n";
    append_token(out, view.token);
    auto target = "&amp;processname=" + quoted;
    append_verbs(out, view.held, view.process->state, target, "");
    if (row_of(web_verb::signal).offered(view.held))
      out += "<label>Signal <input name=\"signal\" value=\"HUP\" size=\"6\"></label>";
    append_verb(out, web_verb::signal, view.held, view.process->state, target, "signal");
    append_verb(out, web_verb::hup, view.held, view.process->state, target, "");
    append_verb(out, web_verb::kill, view.held, view.process->state, target, "");
    out += "\n</form>\n";
  }
  if (!view.name.empty()) {
    auto limit = "&amp;limit=" + std::to_string(view.limit);
    out += "<p class=\"links no-script\"><a class=\"refresh\" href=\"tail.html?processname=" + quoted + limit +
           (view.is_stderr ? "&amp;channel=stderr" : "") + "\">Refresh</a>\n<a href=\"tail.html?processname=" + quoted +
           limit + "&amp;channel=" + (view.is_stderr ? "stdout\">stdout" : "stderr\">stderr") + "</a></p>\n";
  }
  append_deaths(out, view);
  if (view.history && view.process)
    out += "<p class=\"links\"><a href=\"history.html?name=" + quoted + "&amp;since=24h\">History</a></p>\n";
  out += "<pre id=\"text\">\n"; // the first line feed in it does not count
  append_html(out, view.text);
  out += "</pre>\n</main>\n";
  append_footer(out, may_have_metrics(view.reader));
  out += "</body>\n</html>\n";
  return out;
}

} // namespace troupe::actors
