// The rights that doors need, and the decision, against what docs/contract/access.md says: its tables are read, 2.5 for
// the rows, 12.6 for who may do what.
#include "protocols/access.hpp"
#include "protocols/doors.hpp"

#include "access_stage.hpp"

#include <boost/test/unit_test.hpp>

#include <fstream>
#include <map>
#include <set>
#include <sstream>

BOOST_AUTO_TEST_SUITE(doors_test)

using namespace troupe::protocols;
namespace config = troupe::config;
namespace tests = troupe::tests;
using config::right;

namespace {

// -- reading the contract ------------------------------------------------------------------------

using cells = std::vector<std::string>;

cells split(const std::string& text, const std::string& at) {
  cells made;
  for (std::size_t from = 0;;) {
    auto end = text.find(at, from);
    auto one = text.substr(from, end - from);
    one.erase(0, std::min(one.find_first_not_of(' '), one.size()));
    one.erase(one.find_last_not_of(' ') + 1);
    made.push_back(one);
    if (end == text.npos)
      return made;
    from = end + at.size();
  }
}

/// The rows of the table below `heading`, without its head.
std::vector<cells> table_below(const std::string& heading) {
  std::ifstream file(TROUPE_SOURCE_DIR "/docs/contract/access.md");
  std::vector<cells> rows;
  bool there = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("### "))
      there = line == "### " + heading;
    else if (there && line.starts_with("|") && !line.starts_with("|--"))
      rows.push_back(split(line.substr(1, line.size() - 2), "|"));
  }
  BOOST_TEST_REQUIRE(rows.size() > 1);
  rows.erase(rows.begin());
  return rows;
}

/// The words that stand between backticks; those of `action=a b` with that in front of each.
std::vector<std::string> quoted(const std::string& text) {
  std::vector<std::string> made;
  auto parts = split(text, "`");
  for (std::size_t i = 1; i < parts.size(); i += 2) {
    bool actions = parts[i].starts_with("action=");
    for (auto word : tests::words_of(actions ? parts[i].substr(7) : parts[i]))
      if (word != "GET" && word != "POST")
        made.push_back(actions ? "action=" + word : word);
  }
  return made;
}

/// As both sides write it: no slash in front, and nothing for what may follow.
std::string plain(std::string word) {
  for (std::string name : {"api/v1/", "\u2026"})
    if (auto at = word.find(name); at != word.npos)
      word.erase(at, name.size());
  for (std::string name : {"NS.METHOD", "NAME", "ID", "/N"})
    if (auto at = word.find(name); at != word.npos && (name != "/N" || word.ends_with(name)))
      word.replace(at, name.size(), name == "/N" ? "/*" : "*");
  if (auto query = word.find('?'); query != word.npos)
    word.erase(query);
  while (word.ends_with("*") || word.ends_with("/"))
    word.pop_back();
  word.erase(0, word.starts_with("/") ? 1 : 0);
  return word;
}

BOOST_AUTO_TEST_CASE(rows_are_those_of_the_contract) { // 2.5
  std::map<std::string, std::set<std::string>> written, ours;
  for (const auto& row : table_below("2.5 Every door and its right")) {
    auto rights = split(row.at(0), ";");
    auto doors = split(row.at(2), ";");
    bool together = rights.size() == 1; // else part by part
    for (std::size_t i = 0; i < doors.size(); ++i)
      for (const auto& word : quoted(doors[i]))
        if (word != "command") // of JSON: not a door
          written[together ? rights[0] : rights.at(i)].insert(plain(word));
  }
  auto name_of = [](door d) {
    return std::string(d.of == reach::open ? "public" : d.of == reach::known ? "known" : word_of(d.needs));
  };
  for (const auto& row : url_doors())
    if (row.opens.of != reach::named)
      ours[name_of(row.opens)].insert(plain(std::string(row.path)));
  for (const auto& row : action_doors())
    ours[name_of(row.opens)].insert("action=" + std::string(row.name));
  for (auto name :
       {"start", "stop", "restart", "signal", "clear", "admin"}) // `action` of api/v1/actions is the right's word
    ours[name].insert("actions");
  ours["`NS.METHOD`"].insert("call");
  for (const auto& [needs, doors] : written)
    BOOST_TEST(ours[needs] == doors, "rows of " << needs);
  BOOST_TEST(ours.size() == written.size());
  for (const auto& [needs, doors] : ours)
    BOOST_TEST(written[needs] == doors, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(addresses) {
  const struct {
    bool posts;
    std::string_view path;
    std::optional<reach> of;
    right needs = right::status;
  } table[] = {
    {false, "stylesheets/supervisor.css", reach::open},
    {true, "stylesheets/supervisor.css", {}},
    {false, "stylesheets", {}},
    {false, "stylesheets/", reach::open},
    {false, "signin.html", reach::open},
    {true, "signin.html", reach::open},
    {false, "signin.htmlx", {}},
    {true, "api/v1/session", reach::open},
    {false, "api/v1/session", {}},
    {true, "api/v1/session/end", reach::known},
    {false, "", reach::known},
    {true, "index.html", reach::known},
    {false, "tail.html", reach::known},
    {false, "tail.html?processname", reach::one, right::tail},
    {false, "logtail/web/stderr", reach::one, right::tail},
    {false, "logtailx/secret", reach::one, right::tail},
    {false, "mainlogtail", reach::daemon, right::mainlog},
    {false, "metrics", reach::list, right::metrics},
    {true, "metrics", {}},
    {true, "RPC2", reach::named},
    {true, "RPC2x", reach::named},
    {true, "api/v1/call/supervisor.getPID", reach::named},
    {false, "api/v1/call/supervisor.getPID", {}}, // 228
    {false, "api/v1/tokens", reach::known},
    {true, "api/v1/tokens", reach::self, right::token},
    {true, "api/v1/tokens/k3Jd81Qz/revoke", reach::known},
    {true, "api/v1/tokens/revoke", {}},
    {false, "api/v1/nosuch", {}},
    {false, "nosuch", {}},
  };
  for (const auto& row : table) {
    auto found = door_of_url(row.posts, row.path);
    BOOST_TEST(found.has_value() == row.of.has_value(), row.path);
    if (found && row.of) {
      BOOST_CHECK_MESSAGE(found->of == *row.of, row.path);
      BOOST_CHECK_MESSAGE(found->needs == row.needs, row.path);
    }
  }
  BOOST_CHECK(door_of_action("clearlog")->needs == right::clear);
  BOOST_CHECK(!door_of_action("clearlogs"));
}

// -- the matrix (12.6) ---------------------------------------------------------------------------

char letter(verdict v) { return v == verdict::allow ? 'a' : v == verdict::deny ? 'd' : 'h'; }

struct judges {
  config::access_options options = tests::fixture();
  access_rules rules{options};
  config::origin unix_socket{true, {}};

  /// `signal HUP`, or a right's word; what: empty for the daemon.
  char ours(const tests::reference::layers& names, const std::string& what, std::optional<subject> over) const {
    auto who = tests::standing_of(rules, names, unix_socket);
    if (!over)
      return has(rules.daemon_rights(who), *config::right_named(what)) ? 'a' : 'd';
    auto held = rules.mask_of(who, *over);
    if (what.starts_with("signal "))
      return letter(decide_signal(held, what == "signal HUP" ? SIGHUP : SIGKILL));
    return letter(decide(held, *config::right_named(what)));
  }
  char reference(const tests::reference::layers& names, const std::string& what, std::optional<subject> over) const {
    if (!over)
      return tests::reference::over_daemon(options, names, unix_socket).contains(what) ? 'a' : 'd';
    auto held = tests::reference::over(options, names, unix_socket, *over);
    auto word = what == "signal HUP"    ? "signal:" + std::to_string(SIGHUP)
                : what == "signal KILL" ? "signal:" + std::to_string(SIGKILL)
                                        : what;
    return held.contains(word) ? 'a' : held.empty() ? 'h' : 'd';
  }
};

/// What both layers of somebody let him do.
char both(char a, char b) { return a == 'h' || b == 'h' ? 'h' : a == 'a' && b == 'a' ? 'a' : 'd'; }

BOOST_AUTO_TEST_CASE(the_matrix_of_the_contract) {
  const tests::words roles[] = {{"admin"},   {"operator"}, {"viewer"},   {"webops", "reader"},
                                {"bouncer"}, {"hup"},      {"exporter"}, {}};
  constexpr std::size_t vera = 2, carl = 4;
  judges by;
  int rows = 0;
  for (const auto& line : table_below("12.6 The matrix"))
    for (std::size_t half = 0; half + 10 <= line.size(); half += 10) {
      const auto& what = line[half + 1];
      ++rows;
      for (std::size_t user = 0; user < std::size(roles); ++user) {
        const auto& cell = line[half + 2 + user]; // `a/h`: for web_00, for secret; one letter for the daemon
        const std::string_view processes[] = {"web_00", "secret"};
        for (std::size_t i = 0; i * 2 < cell.size(); ++i) {
          auto over = cell.size() == 1 ? std::nullopt : std::optional(tests::program(processes[i]));
          auto expected = cell[i * 2];
          BOOST_TEST(by.ours({roles[user]}, what, over) == expected, what << ", user " << user);
          BOOST_TEST(by.reference({roles[user]}, what, over) == expected, what << ", user " << user);
          for (auto other : {vera, carl}) { // over L; with a token of that role
            auto together = both(expected, line[half + 2 + other][i * 2]);
            BOOST_TEST(by.ours({roles[user], roles[other]}, what, over) == together, what << ", user " << user);
          }
        }
      }
    }
  BOOST_TEST(rows == 18);
}

} // namespace

BOOST_AUTO_TEST_SUITE_END()
