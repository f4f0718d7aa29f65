// What a caller sees of the board, and what the methods answer him: hidden is absent, denied is told, both without the
// actors being asked. Numbers are those of docs/contract/access.md, 12; the matrix over real sockets is
// tests/access_test.py's.
#include "actors/core/cells.hpp"
#include "actors/http/gate.hpp"
#include "actors/http/proven_passwords.hpp"
#include "actors/io/child_io.hpp"
#include "actors/rpc/rpc_methods.hpp"
#include "actors/rpc/rpc_table.hpp"
#include "actors/rpc/token_keeper.hpp"
#include "platform/main_log.hpp"
#include "tests/scratch.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>

BOOST_AUTO_TEST_SUITE(gate_test)

using namespace troupe;
using namespace troupe::actors;
using config::right;
using protocols::rpc_value;
using array = rpc_value::array;

namespace {

config::role_options role(std::string name, config::right_bits rights, std::vector<std::string> programs,
                          std::uint64_t signals = 0) {
  config::role_options made;
  made.name = std::move(name);
  made.rights = rights;
  made.programs = std::move(programs);
  made.signals = signals;
  return made;
}

config::user_options user(std::string name, std::vector<std::string> roles, std::vector<std::uint32_t> uids = {}) {
  config::user_options made;
  made.name = std::move(name);
  made.roles = std::move(roles);
  made.uids = std::move(uids);
  return made;
}

config::access_options_ptr rules() {
  auto made = std::make_shared<config::access_options>();
  made->roles = {role("webops", config::bit(right::start) | config::bit(right::stop), {"web"}),
                 role("reader", config::bit(right::status), {"*", "!secret"}), role("hup", 0, {"web"}, 1 << 1)};
  made->users = {user("anna", {"webops", "reader"}), user("hugo", {"hup"}), user("nil", {}), user("boss", {"admin"}),
                 user("carl", {"webops"}, {1234})};
  return made;
}

struct stage {
  stage() {
    for (const char* name : {"web", "db", "secret"}) {
      auto options = std::make_shared<config::process_options>();
      options->name = name;
      options->section = std::string("program:") + name;
      auto cell = std::make_shared<process_cell>();
      cell->id = next_process_id();
      cell->options = options;
      cell->group = name;
      cell->stdout_path = "/l/" + std::string(name) + ".out";
      auto group_options = std::make_shared<config::group_options>();
      group_options->name = name;
      group_options->processes.push_back(options);
      group_cell group{group_options, {cell}};
      board.add_group(group);
      loaded.push_back(group_options);
    }
    board.set_loaded(std::make_shared<const std::vector<config::group_options_ptr>>(loaded));
  }

  caller_ptr as(const std::string& name) { return door.of_user(*door.user_named(name), "password", arrived); }

  /// "ok", "-> " and whether the actors get a choice, or the fault.
  std::string ask(const caller& who, const std::string& method, const array& params = {}) {
    std::string text;
    protocols::rpc_writer writer{text};
    writer.begin_response();
    auto step = methods.call(who, method, params, writer);
    if (auto* f = std::get_if<protocols::rpc_fault>(&step))
      return std::to_string(f->code) + ' ' + f->text;
    if (auto* r = std::get_if<control_request>(&step))
      return r->task.choice ? "-> chosen" : "-> all";
    writer.end_response();
    result = std::get<rpc_value>(protocols::parse_response(text).value());
    return "ok";
  }

  tests::scratch folder;
  platform::main_log log{{.path = folder.in("main.log")}};
  status_board board;
  std::vector<config::group_options_ptr> loaded;
  child_io io{log, {}};
  std::shared_ptr<access_book> book = std::make_shared<access_book>(rules());
  config::server_options server;
  arrival arrived{server, {}, "10.0.0.7", {}};
  gate door{board, book};
  rpc_methods methods{{board, io, log, "me", {}, {"supervisor"}, {}, book}};
  rpc_value result;
};

} // namespace

BOOST_FIXTURE_TEST_CASE(names_in_a_view, stage) {
  auto anna = as("anna");
  BOOST_TEST(anna->view().all().size() == 2U);
  BOOST_TEST(anna->view().find("db", "db") != nullptr);
  BOOST_TEST(anna->view().find("secret", "secret") == nullptr);
  BOOST_TEST(anna->view().has_group("db"));
  BOOST_TEST(!anna->view().has_group("secret"));
  BOOST_TEST(as("nil")->view().all().empty());
  BOOST_TEST(as("boss")->view().all().size() == 3U);
  BOOST_TEST(as("boss")->view().whole());
}

BOOST_FIXTURE_TEST_CASE(faults_of_the_hidden_and_the_denied, stage) {
  struct row {
    const char* user;
    const char* method;
    array params;
    const char* expected;
  };
  const row rows[] = {
    {"anna", "supervisor.startProcess", {"web"}, "-> chosen"},
    {"anna", "supervisor.startProcess", {"web:*"}, "-> chosen"},
    {"anna", "supervisor.startProcess", {"db"}, "403 NOT_PERMITTED: anna may not start db"},
    {"anna", "supervisor.startProcess", {"db:*"}, "403 NOT_PERMITTED: anna may not start db:*"},
    {"anna", "supervisor.startProcess", {"secret"}, "10 BAD_NAME: secret"},
    {"anna", "supervisor.startProcess", {"nope"}, "10 BAD_NAME: nope"},
    {"anna", "supervisor.stopProcessGroup", {"secret"}, "10 BAD_NAME: secret"},
    {"anna", "supervisor.stopProcessGroup", {"db"}, "403 NOT_PERMITTED: anna may not stop db"},
    {"anna", "supervisor.stopAllProcesses", {}, "-> chosen"},
    {"anna", "supervisor.signalProcess", {"web", "HUP"}, "403 NOT_PERMITTED: anna may not signal web"},
    {"anna", "supervisor.signalAllProcesses", {"HUP"}, "403 NOT_PERMITTED: anna may not signal all"},
    {"anna", "supervisor.clearAllProcessLogs", {}, "403 NOT_PERMITTED: anna may not clear all"},
    {"anna", "supervisor.getProcessInfo", {"db"}, "ok"},
    {"anna", "supervisor.getProcessInfo", {"secret"}, "10 BAD_NAME: secret"},
    {"anna", "supervisor.getAllConfigInfo", {}, "403 NOT_PERMITTED: anna may not config"},
    {"anna", "supervisor.reloadConfig", {}, "403 NOT_PERMITTED: anna may not update"},
    {"anna", "supervisor.addProcessGroup", {"db"}, "403 NOT_PERMITTED: anna may not update db"},
    {"anna", "supervisor.addProcessGroup", {"secret"}, "10 BAD_NAME: secret"},
    {"anna", "supervisor.shutdown", {}, "403 NOT_PERMITTED: anna may not shutdown"},
    {"anna", "supervisor.readLog", {0, 10}, "403 NOT_PERMITTED: anna may not mainlog"},
    {"anna", "supervisor.startProcess", {"db", true, true}, "2 INCORRECT_PARAMETERS"}, // arity comes before rights
    {"anna", "supervisor.startProcess", {7}, "2 INCORRECT_PARAMETERS"},
    {"anna", "access.explain", {"hugo", "stop", "db"}, "403 NOT_PERMITTED: anna may not admin"},
    {"anna", "access.can", {"start", "secret"}, "10 BAD_NAME: secret"},
    {"anna", "access.can", {"strat", "web"}, "2 INCORRECT_PARAMETERS: there is no right strat"},
    {"hugo", "supervisor.signalProcess", {"web", "HUP"}, "-> chosen"},
    {"hugo", "supervisor.signalProcess", {"web", 1}, "-> chosen"},
    {"hugo", "supervisor.signalProcess", {"web", "TERM"}, "403 NOT_PERMITTED: hugo may not signal web"},
    {"hugo", "supervisor.signalProcess", {"web", "BOGUS"}, "403 NOT_PERMITTED: hugo may not signal web"}, // not 11
    {"hugo", "supervisor.signalAllProcesses", {"HUP"}, "-> chosen"},
    {"nil", "supervisor.getVersion", {}, "ok"},
    {"nil", "supervisor.getAllProcessInfo", {}, "ok"},
    {"boss", "supervisor.stopProcess", {"secret"}, "-> all"},
    {"boss", "supervisor.signalProcess", {"web", "BOGUS"}, "-> all"},
    {"boss", "access.explain", {"nobody", "stop", "db"}, "10 BAD_NAME: nobody"},
    {"boss", "access.explain", {"anna", "stop", "db"}, "ok"},
  };
  for (const auto& r : rows)
    BOOST_TEST(ask(*as(r.user), r.method, r.params) == r.expected, r.user << ": " << r.method);
}

BOOST_FIXTURE_TEST_CASE(an_extension_asks_who_it_is, stage) { // it is no caller of the gate's
  auto who = whoever_gets_in(board);
  BOOST_REQUIRE(ask(*who, "access.whoami") == "ok");
  BOOST_TEST(*result.member("rights")->member("shutdown")->string() == "all");
  BOOST_TEST(ask(*who, "access.can", {"stop", "secret"}) == "ok");
  BOOST_TEST(ask(*who, "access.explain", {"anna", "stop", "secret"}) == "10 BAD_NAME: secret");
}

BOOST_FIXTURE_TEST_CASE(an_answer_that_is_kept_is_kept_for_a_view, stage) {
  auto response = [&](const char* user) {
    return methods.whole_response(*as(user), {"supervisor.getAllProcessInfo", {}});
  };
  BOOST_TEST(response("anna")->find("secret") == std::string::npos);
  BOOST_TEST(response("boss")->find("secret") != std::string::npos);
  BOOST_TEST(response("anna")->find("secret") == std::string::npos);
  BOOST_TEST(response("nil")->find("<struct>") == std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(numbers_say_nothing, stage) {
  std::set<std::uint64_t> shown;
  for (const auto& process : as("anna")->view().all()) {
    auto id = as("anna")->view().shown_id(*process->who);
    BOOST_TEST(id == as("boss")->view().shown_id(*process->who)); // the same for all callers
    BOOST_TEST(id != process->who->id);
    BOOST_TEST(id < std::uint64_t{1} << 53);
    shown.insert(id);
  }
  BOOST_TEST(shown.size() == 2U);
  auto off = whoever_gets_in(board);
  for (const auto& process : board.all())
    BOOST_TEST(off->view().shown_id(*process->who) == process->who->id);
}

// -- the gate --------------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(who_connected_to_a_unix_socket, stage) {
  server.is_unix = true;
  arrived.from.is_unix = true;
  auto name_of = [&](std::uint32_t uid, std::vector<std::uint32_t> groups = {}) {
    arrived.peer = platform::peer_credentials{uid, 99, 0, std::move(groups)};
    auto who = door.of_peer(arrived);
    return who ? who->name() : "nobody";
  };
  BOOST_TEST(name_of(1234) == "carl");
  BOOST_TEST(name_of(1235) == "nobody");
  BOOST_TEST(name_of(0) == "unix:root");
  BOOST_TEST(name_of(4000000000U) == "nobody");
  server.peer_auth = false;
  BOOST_TEST(name_of(0) == "nobody");
  arrived.peer.reset();
  server.peer_auth = true;
  BOOST_TEST(door.of_peer(arrived) == nullptr);
}

BOOST_FIXTURE_TEST_CASE(nobody_is_more_than_the_server_lets, stage) {
  server.max_roles = std::vector<std::string>{"viewer"};
  auto boss = as("boss");
  BOOST_TEST(!boss->view().whole());
  BOOST_TEST(boss->view().all().size() == 3U);
  BOOST_TEST(ask(*boss, "supervisor.stopProcess", {"db"}) == "403 NOT_PERMITTED: boss may not stop db");
  BOOST_TEST(ask(*boss, "supervisor.shutdown") == "403 NOT_PERMITTED: boss may not shutdown");
  server.anonymous = {"admin"};
  BOOST_TEST(!door.of_nobody(arrived)->view().whole());
}

BOOST_FIXTURE_TEST_CASE(rules_are_replaced_whole, stage) {
  auto before = as("anna");
  auto next = std::make_shared<config::access_options>(*rules());
  next->users.erase(next->users.begin());
  auto epoch = door.epoch();
  book->replace(next);
  BOOST_TEST(door.epoch() > epoch);
  BOOST_TEST(door.user_named("anna") == nullptr);
  BOOST_TEST(before->view().all().size() == 2U); // what was begun goes on
}

BOOST_FIXTURE_TEST_CASE(callers_of_equal_standing_share_a_view_and_views_are_few, stage) {
  BOOST_TEST(&as("anna")->view() == &as("anna")->view());
  BOOST_TEST(&as("anna")->view() != &as("hugo")->view());
  auto many = std::make_shared<config::access_options>(*rules());
  for (int i = 0; i < 40; ++i) {
    auto name = "r" + std::to_string(i);
    many->roles.push_back(role(name, config::bit(right::status), {"web"}));
    many->users.push_back(user(name, {name}));
  }
  book->replace(many);
  std::vector<caller_ptr> all;
  for (int i = 0; i < 40; ++i) {
    all.push_back(as("r" + std::to_string(i)));
    BOOST_TEST(all.back()->view().all().size() == 1U);
    methods.whole_response(*all.back(), {"supervisor.getAllProcessInfo", {}});
  }
  BOOST_TEST(door.kept() <= 17 * all[0]->view().all_info.response->size());
  door.forget_kept();
  BOOST_TEST(door.kept() == 0U);
}

BOOST_AUTO_TEST_CASE(off_there_is_one_caller_who_may_everything) {
  status_board board;
  gate door{board, nullptr};
  BOOST_TEST(!door.on());
  BOOST_TEST(door.whoever()->view().whole());
  BOOST_TEST(!door.whoever()->known());
  BOOST_TEST(door.whoever()->may(right::shutdown));
}

BOOST_AUTO_TEST_CASE(checks_of_hashes_wait_in_a_short_queue) { // 107
  password_queue queue;
  std::vector<std::unique_ptr<password_place>> waiting;
  for (int address = 0; address < 20; ++address)
    for (int i = 0; i < 3; ++i)
      if (auto place = password_place::of(queue, "10.0.0." + std::to_string(address))) {
        BOOST_TEST(i < 2);
        waiting.push_back(std::move(place));
      }
  BOOST_TEST(waiting.size() == 33U); // of 60 that came at once
  BOOST_TEST(password_place::of(queue, "10.0.0.99") == nullptr);
  waiting.clear();
  BOOST_TEST(queue.all == 0U);
  BOOST_TEST(queue.of_place.empty());
}

BOOST_AUTO_TEST_CASE(what_was_right_is_known_for_a_while) {
  proven_passwords proven;
  auto now = proven_passwords::clock::now();
  config::stored_password stored{config::stored_password::kind::plain, "x"};
  proven.add("proof", stored, now);
  BOOST_TEST((proven.find("proof", now) == stored));
  BOOST_TEST(!proven.find("other", now));
  BOOST_TEST(proven.find("proof", now + std::chrono::minutes{15}).has_value());
  BOOST_TEST(proven.find("proof", now + std::chrono::minutes{30}).has_value()); // since it was used
  BOOST_TEST(!proven.find("proof", now + std::chrono::minutes{46}));
}

namespace {

protocols::token_record token_of(std::string user, std::optional<std::vector<std::string>> roles = {}) {
  protocols::token_record made;
  made.id = "abcd1234";
  made.user = std::move(user);
  made.roles = std::move(roles);
  return made;
}

/// Makes and revokes nothing, and says what it was asked for.
struct asked_keeper : token_keeper {
  void create(protocols::token_book::wish what, control_answer_to) override {
    asked = what.user + " by " + what.by + (what.roles ? " as " + std::to_string(what.roles->size()) : "");
  }
  std::vector<protocols::token_record> of_user(std::string_view user) const override {
    return {token_of(std::string(user))};
  }
  void revoke(std::string id, std::optional<std::string> of, control_answer_to) override {
    asked = id + " of " + of.value_or("anybody");
  }
  std::string asked;
};

} // namespace

BOOST_FIXTURE_TEST_CASE(a_log_is_the_same_by_whatever_name, stage) { // 90, 91
  auto anna = as("anna"), boss = as("boss");
  auto web = board.find("web", "web")->who;
  auto may = [&](const caller& who, const char* path) {
    return who.may_with_log(right::start, *web, path, "/l/main.log");
  };
  BOOST_TEST(may(*anna, "/l/web.out"));
  BOOST_TEST(may(*anna, "/l/else"));
  for (const char* path : {"/l/db.out", "/l/own/../db.out", "/l/./secret.out", "//l/secret.out", "/l/main.log",
                           "/x/../l/main.log", "/l//main.log"}) {
    BOOST_TEST(!may(*anna, path), path);
    BOOST_TEST(may(*boss, path), path);
  }
}

BOOST_FIXTURE_TEST_CASE(a_token_gives_what_its_owner_has_and_its_roles_leave, stage) { // 127, 128
  auto whole = door.of_token(token_of("anna"), arrived);
  BOOST_TEST(whole->name() == "anna");
  BOOST_TEST(whole->how() == "token");
  BOOST_TEST(whole->token() == "abcd1234");
  BOOST_TEST(whole->shared_view() == as("anna")->shared_view());
  BOOST_TEST(as("anna")->token().empty());
  auto limited = door.of_token(token_of("boss", {{"webops", "gone"}}), arrived);
  BOOST_TEST(ask(*limited, "supervisor.startProcess", {"web"}) == "-> chosen");
  BOOST_TEST(ask(*limited, "supervisor.startProcess", {"db"}) == "10 BAD_NAME: db");
  BOOST_TEST(!limited->may(right::admin));
  auto no_more = door.of_token(token_of("nil", {{"admin"}}), arrived);
  BOOST_TEST(no_more->view().all().empty());
  BOOST_TEST(door.of_token(token_of("boss", std::vector<std::string>{}), arrived)->view().all().empty());
  BOOST_TEST(!door.of_token(token_of("nobody"), arrived));
}

BOOST_FIXTURE_TEST_CASE(a_token_is_looked_at_again, stage) { // 128, 129
  auto token = token_of("boss");
  auto before = door.of_token(token, arrived);
  BOOST_TEST(!door.renewed(*before, arrived)); // nobody keeps any
  door.token_by_id = [&](std::string_view id) { return id == token.id ? &token : nullptr; };
  BOOST_TEST(door.renewed(*before, arrived)->token() == token.id);
  token.roles = std::vector<std::string>{"reader"};
  BOOST_TEST(!door.renewed(*before, arrived)->may(right::admin));
  token.user = "gone";
  BOOST_TEST(!door.renewed(*before, arrived));
  token.id = "other000";
  BOOST_TEST(!door.renewed(*before, arrived));
}

BOOST_FIXTURE_TEST_CASE(who_may_make_and_end_tokens, stage) { // 131 to 133
  asked_keeper keeper;
  rpc_context with_tokens{board, io, log, "me", {}, {"supervisor"}, {}, book};
  with_tokens.tokens = &keeper;
  rpc_methods keeping{std::move(with_tokens)};
  auto asked = [&](const caller& who, const std::string& method, const array& params) {
    std::string text;
    protocols::rpc_writer writer{text};
    auto step = keeping.call(who, "access." + method, params, writer);
    if (auto* fault = std::get_if<protocols::rpc_fault>(&step))
      return std::to_string(fault->code) + ' ' + fault->text;
    keeper.asked.clear();
    if (auto* later = std::get_if<rpc_deferred>(&step))
      (*later)(nullptr);
    return keeper.asked;
  };
  auto wish = [](std::string name, rpc_value value) {
    return array{rpc_value::structure{{std::move(name), std::move(value)}}};
  };
  auto boss = as("boss"), anna = as("anna"), by_token = door.of_token(token_of("boss"), arrived);
  BOOST_TEST(asked(*boss, "createToken", {}) == "boss by boss");
  BOOST_TEST(asked(*boss, "createToken", wish("user", "anna")) == "anna by boss");
  BOOST_TEST(asked(*boss, "createToken", wish("user", "nobody")) == "10 BAD_NAME: nobody");
  BOOST_TEST(asked(*boss, "createToken", wish("roles", array{"viewer", "hup"})) == "boss by boss as 2");
  BOOST_TEST(asked(*boss, "createToken", wish("roles", array{})) == "boss by boss as 0");
  BOOST_TEST(asked(*boss, "createToken", {"x"}) == "2 INCORRECT_PARAMETERS: a token is wished for by a struct");
  BOOST_TEST(asked(*anna, "createToken", {}) == "403 NOT_PERMITTED: anna may not token");
  BOOST_TEST(asked(*by_token, "createToken", {}) == "403 NOT_PERMITTED: boss may not token");
  server.anonymous = {"admin"};
  BOOST_TEST(asked(*door.of_nobody(arrived), "createToken", {}) == "403 NOT_PERMITTED: anonymous may not token");
  BOOST_TEST(asked(*boss, "revokeToken", {"x"}) == "x of anybody");
  BOOST_TEST(asked(*anna, "revokeToken", {"x"}) == "x of anna");
  BOOST_TEST(asked(*by_token, "revokeToken", {"x"}) == "x of anybody");
  BOOST_TEST(asked(*boss, "revokeToken", {7}) == "2 INCORRECT_PARAMETERS");
  BOOST_TEST(asked(*anna, "listTokens", {"boss"}) == "403 NOT_PERMITTED: anna may not admin");
  BOOST_TEST(asked(*anna, "listTokens", wish("x", "boss")) == "2 INCORRECT_PARAMETERS");
  BOOST_TEST(asked(*boss, "listTokens", {"nobody"}) == "10 BAD_NAME: nobody");
  BOOST_TEST(ask(*boss, "access.createToken") == "403 NOT_PERMITTED: boss may not token"); // where nobody keeps any
}

/// The column of XML-RPC methods of 2.5, against the table.
BOOST_AUTO_TEST_CASE(each_method_has_the_right_of_the_contract) {
  std::ifstream page(TROUPE_SOURCE_DIR "/docs/contract/access.md");
  std::map<std::string, std::string> expected;
  bool inside = false;
  for (std::string line; std::getline(page, line);) {
    inside = (inside || line.starts_with("### 2.5")) && !line.starts_with("## 3");
    if (!inside || !line.starts_with("| ") || line.starts_with("| Right"))
      continue;
    auto cell = [&](int which) {
      std::size_t at = 0;
      for (int i = 0; i < which; ++i)
        at = line.find('|', at) + 1;
      auto text = line.substr(at, line.find('|', at) - at);
      return text.substr(std::min(text.find_first_not_of(' '), text.size()));
    };
    std::vector<std::string> rights;
    for (auto text = cell(1) + ";"; text.find(';') != text.npos; text.erase(0, text.find(';') + 1)) {
      auto one = text.substr(0, text.find(';'));
      one.erase(std::remove(one.begin(), one.end(), ' '), one.end());
      rights.push_back(one);
    }
    std::size_t which = 0;
    std::string word;
    for (char c : cell(2) + " ") {
      if (std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '*') {
        word += c;
        continue;
      }
      if (word.size() > 3)
        expected[word] =
          rights[std::min(which, rights.size() - 1)]; // one right for all of the row, or one for each part
      word.clear();
      if (c == ';')
        ++which;
    }
  }
  std::size_t compared = 0;
  for (const auto& row : main_methods()) {
    auto found = expected.find(std::string(row.name));
    BOOST_REQUIRE_MESSAGE(found != expected.end(), row.name);
    auto word = row.opens.of == protocols::reach::known ? "known" : config::word_of(row.opens.needs);
    BOOST_TEST(word == found->second, row.name);
    ++compared;
  }
  BOOST_TEST(compared == main_methods().size());
  BOOST_TEST(expected.at("access.restartProcess") == "restart");
}

BOOST_AUTO_TEST_SUITE_END()
