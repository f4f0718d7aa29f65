// Calls as the history keeps them: what became of one goes on from where it was asked for. Needs libsqlite3. Source:
// docs/contract/history.md, 7.2.
#include "actors/rpc/history_commands.hpp"

#include "platform/main_log.hpp"
#include "tests/scratch.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <future>
#include <string>
#include <vector>

BOOST_AUTO_TEST_SUITE(history_commands_test)

using namespace troupe;
using namespace troupe::actors;
using outcome = protocols::audit_record::outcome;
using namespace std::chrono_literals;

namespace {

struct stage {
  tests::scratch folder;
  platform::main_log log{{folder.in("log"), 0, 0, config::log_level::info, false, ""}};
  std::shared_ptr<history_keeper> history;
  std::shared_ptr<history_commands> commands;

  stage() {
    log.open();
    config::history_options options;
    options.file = folder.in("h.db");
    history = std::make_shared<history_keeper>(options, log);
    commands = std::make_shared<history_commands>(history);
    history->begin();
  }
  ~stage() { history->stop(30s); } // its thread writes to the folder
  void note(std::string id, outcome came, std::vector<std::string> names, std::string verb = "restart") const {
    protocols::audit_record of;
    of.id = std::move(id);
    of.user = "anna";
    of.verb = std::move(verb);
    of.target = "db";
    of.call = "supervisor.x";
    of.came = came;
    of.names = std::move(names);
    commands->note(of);
  }
  /// `NAME WHO OUTCOME OF`, oldest first.
  std::vector<std::string> records() const {
    std::promise<std::vector<std::string>> done;
    auto read = [&](platform::history_file& file, const platform::history_failure& trouble) {
      BOOST_TEST(trouble.why == "");
      std::vector<std::string> found;
      auto part = [](const std::string& text, const std::string& name) {
        auto at = text.find('"' + name + "\":");
        auto rest = at == text.npos ? "" : text.substr(at + name.size() + 3);
        return rest.substr(0, rest.find_first_of(",}"));
      };
      (void)file.read({.after = 0, .limit = 5000}, [&](const platform::history_row& row) {
        found.push_back(row.name + ' ' + row.who + ' ' + part(row.what, "outcome") + ' ' + part(row.what, "of"));
        return true;
      });
      std::reverse(found.begin(), found.end());
      done.set_value(std::move(found));
    };
    BOOST_REQUIRE(history->ask(read));
    auto answer = done.get_future();
    BOOST_REQUIRE(answer.wait_for(30s) == std::future_status::ready);
    return answer.get();
  }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(an_outcome_goes_on_from_its_call, stage) {
  note("1", outcome::begun, {"db"});
  note("2", outcome::begun, {"a", "b"});
  note("1", outcome::done, {});
  note("3", outcome::done, {"db"});
  note("2", outcome::partly, {"a"});
  note("4", outcome::denied, {"db"});
  note("5", outcome::done, {"db"}, "tail");
  BOOST_TEST(records() == (std::vector<std::string>{R"(db anna "begun" )", R"( anna "begun" )", R"(db anna "done" 1)",
                                                    R"(db anna "done" )", R"( anna "partly" 2)"}),
             boost::test_tools::per_element());
  BOOST_TEST(commands->under_way() == 0u);
}

BOOST_FIXTURE_TEST_CASE(calls_that_never_end_do_not_pile_up, stage) {
  for (int i = 0; i < 3000; ++i)
    note(std::to_string(i), outcome::begun, {"db"});
  BOOST_TEST(commands->under_way() == history_commands::most_under_way);
}

BOOST_AUTO_TEST_SUITE_END()
