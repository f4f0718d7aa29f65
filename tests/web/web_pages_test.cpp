// The pages' HTML: titles, forms, rows by state, and that nothing a program says becomes markup. The
// docs/contract/http.md, 6.1 and 6.4.
#include "actors/web/web_pages.hpp"
#include "actors/web/web_rows.hpp"
#include "protocols/time_words.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(web_pages_test)

using namespace troupe;
using namespace troupe::actors;
namespace data = boost::unit_test::data;

namespace {

const daemon_identity who{"me<b>", "box"};
const std::string token = "0123abcd";

process_status_ptr process(std::string group, std::string name, process_state state, int pid = 0) {
  auto options = std::make_shared<config::process_options>();
  options->name = std::move(name);
  auto status = std::make_shared<process_status>();
  auto identity = std::make_shared<process_identity>();
  identity->options = options;
  identity->group = std::move(group);
  status->who = identity;
  status->state = state;
  status->pid = pid;
  status->laststart = 1'000'000'000;
  return status;
}

std::string page(std::vector<process_status_ptr> processes, std::string message = "") {
  static status_board board;
  return status_page({whoever_gets_in(board)->view(), who, token, std::move(message), std::move(processes), 1192});
}

/// The part of the page that a client without scripts acts on.
std::string row(const std::string& text) {
  auto from = text.find("<tr class=\"row\"");
  return text.substr(from, text.find("</tr>", from) - from);
}

bool holds(const std::string& text, std::string_view part) { return text.find(part) != text.npos; }
std::size_t count(const std::string& text, std::string_view part) {
  std::size_t n = 0;
  for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1))
    ++n;
  return n;
}

BOOST_AUTO_TEST_CASE(a_page_that_scripts_know) {
  auto text = page({process("cat", "cat", process_state::running, 7)});
  BOOST_TEST(holds(text, "<title>Supervisor Status</title>"));
  BOOST_TEST(holds(text, "<form method=\"post\""));
  BOOST_TEST(holds(text, "name=\"token\" value=\"0123abcd\""));
  BOOST_TEST(holds(text, "href=\"stylesheets/supervisor.css\""));
  BOOST_TEST(holds(text, "<p id=\"none\" hidden>"));
  BOOST_TEST(!holds(text, "href=\"/")); // all relative
  BOOST_TEST(!holds(text, "src=\"/"));
  BOOST_TEST(!holds(text, "<script>")); // none inline
  BOOST_TEST(!holds(text, " style="));
  BOOST_TEST(holds(text, "me&lt;b&gt;"));
}

BOOST_AUTO_TEST_CASE(no_programs) { // 172
  BOOST_TEST(holds(page({}), "<p id=\"none\">No programs to manage"));
}

BOOST_AUTO_TEST_CASE(a_message_is_text) { // 171
  auto text = page({}, "<b>hi & \"you\"");
  BOOST_TEST(holds(text, "&lt;b&gt;hi &amp; &quot;you&quot;"));
  BOOST_TEST(!holds(text, "<b>hi"));
}

struct state_row {
  process_state state;
  const char* css;
  bool start, restart, stop;
  const char* actions; ///< in JSON
};
std::ostream& operator<<(std::ostream& out, const state_row& r) { return out << to_string(r.state); }
using enum process_state;
const state_row states[] = {
  {running, "statusrunning", false, true, true, R"(["restart","stop","clear","signal","kill","hup","disable"])"},
  {stopped, "statusnominal", true, false, false, R"(["start","clear","disable"])"},
  {exited, "statusnominal", true, false, false, R"(["start","clear","disable"])"},
  {fatal, "statuserror", true, false, false, R"(["start","clear","disable"])"},
  {backoff, "statuserror", false, false, true, R"(["stop","clear","kill","disable"])"},
  {starting, "statusnominal", false, false, true, R"(["stop","clear","signal","kill","disable"])"},
  {stopping, "statusnominal", false, false, false, R"(["clear","signal","kill","disable"])"},
  {unknown, "statusnominal", false, false, false, R"(["clear","disable"])"},
};
BOOST_DATA_TEST_CASE(what_a_state_offers, data::make(states), r) {
  auto p = process("g", "p", r.state, 7);
  auto text = row(page({p}));
  BOOST_TEST(holds(text, r.css));
  auto offered = [&](const std::string& action) {
    auto button = "formaction=\"index.html?action=" + action + "&amp;processname=g%3Ap\"";
    auto at = text.find(button);
    BOOST_REQUIRE(at != text.npos);
    auto end = text.find('>', at);
    return text.substr(end - 6, 6) != "hidden";
  };
  BOOST_TEST(offered("start") == r.start);
  BOOST_TEST(offered("restart") == r.restart);
  BOOST_TEST(offered("stop") == r.stop);
  BOOST_TEST(offered("clearlog"));
  text = tail_page({who, token, "g:p", p, false, 1024, "x"}); // its own page offers the same
  BOOST_TEST(offered("start") == r.start);
  BOOST_TEST(offered("restart") == r.restart);
  BOOST_TEST(offered("stop") == r.stop);
  BOOST_TEST(offered("clearlog"));
  std::string json;
  protocols::json_writer out{json};
  status_board board;
  write_row(out, whoever_gets_in(board)->view(), *p, nullptr);
  BOOST_TEST(holds(json, std::string("\"actions\":") + r.actions + ','), json);
}

BOOST_AUTO_TEST_CASE(groups_have_headers_and_lone_programs_have_none) {
  auto alone = page({process("cat", "cat", running, 7)});
  auto grouped = page({process("g", "a", running, 7), process("g", "b", running, 8), process("x", "y", running, 9)});
  BOOST_TEST(count(alone, "<tr class=\"group\"") == 1u); // the template
  BOOST_TEST(count(grouped, "<tr class=\"group\"") == 3u);
  BOOST_TEST(holds(grouped, "index.html?action=stop&amp;group=g"));
}

BOOST_AUTO_TEST_CASE(hostile_names_stay_text) {
  const std::string evil = "\"><img src=x onerror=alert(1)>'&";
  auto p = std::make_shared<process_status>(*process(evil, evil, fatal));
  p->spawnerr = "<svg/onload=alert(2)>";
  auto text = page({p});
  BOOST_TEST(!holds(text, "<img src=x"));
  BOOST_TEST(!holds(text, "<svg"));
  BOOST_TEST(holds(text, "&quot;&gt;&lt;img src=x onerror=alert(1)&gt;&#39;&amp;"));
  auto tail = tail_page({who, token, evil, p, false, 1024, "</pre><script>alert(3)</script>"});
  BOOST_TEST(!holds(tail, "<img src=x"));
  BOOST_TEST(!holds(tail, "<script>alert"));
}

BOOST_AUTO_TEST_CASE(tails) { // 173, 174
  auto none = tail_page({who, token, "", nullptr, false, 1024, "No process name found"});
  BOOST_TEST(holds(none, "<title>Supervisor tail of process None</title>"));
  BOOST_TEST(holds(none, "No process name found"));
  BOOST_TEST(!holds(none, "Refresh"));
  auto cat = tail_page({who, token, "cat", process("cat", "cat", running, 7), false, 1024, "x"});
  BOOST_TEST(holds(cat, "<title>Supervisor tail of process cat</title>"));
  BOOST_TEST(holds(cat, "tail.html?processname=cat&amp;limit=1024\">Refresh"));
}

} // namespace

BOOST_AUTO_TEST_CASE(what_has_happened) {
  using protocols::rpc_value;
  auto record = [](const char* at, const char* kind, rpc_value::structure what) {
    return rpc_value(rpc_value::structure{
      {"id", 1}, {"at", at}, {"kind", kind}, {"name", "<web>"}, {"what", rpc_value(std::move(what))}});
  };
  history_view view{who, token, "<web>", "1h", "200"};
  auto from = protocols::moment_of("2026-11-28T03:00Z", 0);
  view.from = *from;
  view.to = *from + 1'000'000'000;
  view.records = {record("2026-11-28T03:05:00Z", "state", {{"from", "STARTING"}, {"to", "RUNNING"}}),
                  record("2026-11-28T03:10:00Z", "state", {{"from", "RUNNING"}, {"to", "<u>"}}),
                  record("2026-11-28T03:10:00Z", "death", {{"end", rpc_value::structure{{"text", "<i>exit"}}}}),
                  record("2026-11-28T03:12:00Z", "command", {{"verb", "stop"}}),
                  record("2026-11-28T03:12:01Z", "command", {{"verb", "stop"}, {"of", 9}}),
                  rpc_value()};
  auto text = history_page(view);
  for (const char* part :
       {R"(<rect x="0" width="300" y="0" height="24" class="move"><title>STARTING</title></rect>)",
        R"(<rect x="300" width="300" y="0" height="24" class="good">)",
        R"(<rect x="600" width="400" y="0" height="24" class="rest"><title>&lt;u&gt;</title></rect>)",
        R"(<rect x="600" width="3" y="0" height="12" class="bad mark">)", R"(<td>RUNNING -&gt; &lt;u&gt;</td>)",
        "<td>&lt;i&gt;exit</td>"})
    BOOST_TEST(holds(text, part), part);
  BOOST_TEST(count(text, "<title>stop</title>") == 1u);
  for (const char* markup : {"<web>", "<u>", "<i>"})
    BOOST_TEST(!holds(text, markup), markup);
  view.cut = true;
  BOOST_TEST(!holds(history_page(view), "STARTING</title>"));
  view.problem = "<no>";
  BOOST_TEST(holds(history_page(view), "&lt;no&gt;"));
  BOOST_TEST(!holds(history_page(view), "<table>"));
}

protocols::rpc_value needs(const char* item, bool met, bool soft, const char* state) {
  return protocols::rpc_value::structure{{"item", item}, {"met", met}, {"soft", soft}, {"state", state}};
}

BOOST_AUTO_TEST_CASE(dependencies_are_a_table) {
  using protocols::rpc_value;
  graph_view view{who, token};
  auto none = graph_page(view);
  BOOST_TEST(holds(none, "<p id=\"none\">No dependencies</p>"));
  BOOST_TEST(holds(none, "<table id=\"needs\" class=\"drawing\" hidden>"));
  view.programs = {rpc_value::structure{{"name", "<b>"},
                                        {"group", "g"},
                                        {"statename", "STARTING"},
                                        {"items", rpc_value::array{needs("db:ready", false, false, "FATAL"),
                                                                   needs("<i>:ready", true, true, "RUNNING"),
                                                                   needs("c:ready/2", false, true, "1 of 2")}}},
                   rpc_value()};
  auto text = graph_page(view);
  BOOST_TEST(holds(text, "<p id=\"none\" hidden>"));
  BOOST_TEST(holds(text, "<tr class=\"needs\" data-name=\"g:&lt;b&gt;\">"));
  BOOST_TEST(holds(text, "href=\"tail.html?processname=g%3A%3Cb%3E\""));
  BOOST_TEST(holds(text, "data-state=\"STARTING\">starting</span>"));
  for (const char* part : {"data-look=\"unmet\"><b class=\"sign\">-</b> <span class=\"what\">db:ready</span><span "
                           "class=\"quiet\"> does not "
                           "hold </span><span class=\"of\">fatal</span>",
                           "data-look=\"met\"><b class=\"sign\">+</b> <span class=\"what\">&lt;i&gt;:ready</span>",
                           "data-look=\"soft\"><b class=\"sign\">~</b> <span class=\"what\">c:ready/2</span>",
                           "<span class=\"of\">1 of 2</span>"})
    BOOST_TEST(holds(text, part), part);
  for (const char* no : {"<i>:", "g:<b>", " style=", "<script>", "src=\"/", "href=\"/"})
    BOOST_TEST(!holds(text, no), no);
}

BOOST_AUTO_TEST_CASE(the_way_to_the_dependencies_is_there_with_them) {
  static status_board board;
  auto caller = whoever_gets_in(board); // the page looks by his view
  status_view view{caller->view(), who, token, "", {}, 0};
  BOOST_TEST(!holds(status_page(view), "graph.html"));
  view.graph = true;
  BOOST_TEST(holds(status_page(view), "<a class=\"button\" id=\"graph-open\" href=\"graph.html\">"));
}

BOOST_AUTO_TEST_SUITE_END()
