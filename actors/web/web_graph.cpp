// See web_desk.hpp and web_pages.hpp: graph.html: who needs whom as a table, which works without scripts; they draw it,
// too. Must not decide who may see what, or what holds: troupe.graph answers. Source: docs/contract/programs.md, 15.5.
// Cases: tests/web/web_pages_test.cpp.
#include "actors/web/web_desk.hpp"
#include "actors/web/web_frame.hpp"
#include "protocols/html.hpp"

#include <algorithm>
#include <utility>

namespace troupe::actors {

using boost::asio::awaitable;
using protocols::html;
using protocols::rpc_value;

namespace {

std::string text_of(const rpc_value& row, std::string_view key) {
  const auto* value = row.member(key);
  return value && value->string() ? *value->string() : std::string();
}

bool truth_of(const rpc_value& row, std::string_view key) {
  const auto* value = row.member(key);
  return value && value->boolean() && *value->boolean();
}

std::string in_small_letters(std::string text) {
  for (char& c : text)
    c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  return text;
}

/// `+ db:ready running`, as `supervisorctl graph` has it, and a word for who only hears it.
void append_item(std::string& out, const rpc_value& item) {
  bool met = truth_of(item, "met"), soft = truth_of(item, "soft");
  const char* look = met ? "met" : soft ? "soft" : "unmet";
  const char* word = met ? "holds" : soft ? "does not hold, and need not" : "does not hold";
  out += std::string("<li class=\"item\" data-look=\"") + look + "\"><b class=\"sign\">" +
         (met    ? "+"
          : soft ? "~"
                 : "-") +
         "</b> <span class=\"what\">" + html(text_of(item, "item")) + "</span><span class=\"quiet\"> " + word +
         " </span><span class=\"of\">" + html(in_small_letters(text_of(item, "state"))) + "</span></li>";
}

void append_program(std::string& out, const rpc_value& program) {
  auto name = full_name(text_of(program, "group"), text_of(program, "name"));
  auto state = text_of(program, "statename");
  out += "<tr class=\"needs\" data-name=\"" + html(name) +
         "\"><th scope=\"row\"><a href=\"tail.html?processname=" + html(protocols::url_quoted(name)) + "\">" +
         html(name) + "</a></th><td><span class=\"badge\" data-state=\"" + html(state) + "\">" +
         html(in_small_letters(state)) + "</span></td><td><ul>";
  const auto* items = program.member("items");
  if (items && items->items())
    for (const auto& item : *items->items())
      append_item(out, item);
  out += "</ul></td></tr>\n";
}

/// How the lines look; their signs are those of the table.
constexpr std::string_view legend =
  R"(<p class="legend drawing needs-script"><span>Who is needed stands before whoever needs it.</span>
<span><svg width="34" height="8" aria-hidden="true"><path class="line met" d="M0 4H34"/></svg> + it holds</span>
<span><svg width="34" height="8" aria-hidden="true"><path class="line unmet" d="M0 4H34"/></svg> - it does not</span>
<span><svg width="34" height="8" aria-hidden="true"><path class="line soft" d="M0 4H34"/></svg> ~ it does not, and need not</span></p>
)";

} // namespace

bool anybody_depends(const program_graph_ptr& programs, const std::vector<process_status_ptr>& processes) {
  auto depends = [&](const process_status_ptr& process) {
    auto node = programs->node_of(process->who->id);
    return node && !programs->graph.items_of(*node).empty();
  };
  return programs && std::any_of(processes.begin(), processes.end(), depends);
}

std::string graph_page(const graph_view& view) {
  std::string out;
  append_head(out, "Supervisor dependencies", view.token, "graph", view.reader);
  append_header(out, {view.who, view.token, view.reader, true});
  constexpr std::size_t many = 300; // rows: what is out of sight must cost nothing then; graph.js has the same number
  const char* hidden = view.programs.empty() ? " hidden" : "";
  out += "<main class=\"graph\">\n<h2>Dependencies</h2>\n<p id=\"none\"";
  out += view.programs.empty() ? ">No dependencies</p>\n" : " hidden>No dependencies</p>\n";
  out += legend;
  out += std::string("<div id=\"graph\" class=\"drawing needs-script\" role=\"region\" tabindex=\"0\" "
                     "aria-label=\"Drawing of the dependencies\"") +
         hidden + "></div>\n<table id=\"needs\" class=\"drawing" + (view.programs.size() > many ? " long" : "") + "\"" +
         hidden +
         ">\n<caption class=\"quiet\">What each process needs</caption>\n<thead><tr><th scope=\"col\">Process</th>"
         "<th scope=\"col\">State</th><th scope=\"col\">Needs</th></tr></thead>\n<tbody>\n";
  for (const auto& program : view.programs)
    append_program(out, program);
  out += "</tbody>\n</table>\n</main>\n";
  append_footer(out, may_have_metrics(view.reader));
  out += "</body>\n</html>\n";
  return out;
}

awaitable<web_answer> web_desk::graph_page(const web_request& r) {
  if (!r.reads())
    co_return web_error(400);
  graph_view view{context_.who, token_()};
  view.reader = &who_;
  std::string xml;
  protocols::rpc_writer writer{xml, true};
  writer.begin_response();
  std::string method = "troupe.graph";
  auto rest = context_.methods.begin(who_, origin_, method, {}, writer, context_.doors.ask);
  constexpr auto not_permitted = static_cast<std::int64_t>(protocols::fault::not_permitted);
  if (rest.refused)
    co_return web_error(rest.refused->code == not_permitted ? 403 : 503);
  writer.end_response();
  auto make = [&xml, &view] {
    auto response = protocols::parse_response(std::move(xml));
    const auto* value = response ? std::get_if<rpc_value>(&*response) : nullptr;
    if (value && value->items())
      view.programs = *value->items();
    return web_page(actors::graph_page(view));
  };
  if (xml.size() <= quick_bytes)
    co_return make();
  long_turn turn{context_.work};
  co_await turn.come();
  auto made = co_await elsewhere(context_.work, make);
  co_return made;
}

} // namespace troupe::actors
