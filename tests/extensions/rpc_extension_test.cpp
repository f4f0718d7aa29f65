// Methods that extensions add to the table: what they have to look like, where they are seen, how they are called.
#include "actors/extensions/restart_pace.hpp"
#include "actors/io/child_io.hpp"
#include "actors/rpc/rpc_extension.hpp"
#include "platform/main_log.hpp"
#include "tests/scratch.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(rpc_extension_test)

using namespace troupe;
using namespace troupe::actors;
using protocols::rpc_value;
using array = rpc_value::array;
namespace data = boost::unit_test::data;

namespace {

struct fake final : rpc_extension {
  using rpc_extension::rpc_extension;
  void start(const extension_context&) override {}
  extension_methods methods() const override { return table; }
  void call(const std::string& method, const array& params, caller_ptr, control_answer_to answer) override {
    if (!table)
      return (*answer)(protocols::make_fault(protocols::fault::failed, "not yet"));
    (*answer)(rpc_value(method + '/' + std::to_string(params.size())));
  }
  void stop() override {}
  extension_need need() const override { return {.over = true}; }
  void begin() override {}
  void repair() override {}
  extension_methods table;
};

struct context {
  context() {
    extension->table = checked_methods({{"get", "int", "string name", "a value", access::read},
                                        {"add", "int", "int a, int b=7", "a sum", access::control}})
                         .value();
    system->table = extension->table;
  }
  /// "CODE TEXT" of a fault, "later VALUE" of what an extension answers, "ok" where `result` has the value.
  std::string ask(const std::string& method, const array& params = {}) {
    std::string text;
    protocols::rpc_writer writer{text};
    writer.begin_response();
    auto step = methods.call(*who, method, params, writer);
    control_answer answer;
    if (auto* later = std::get_if<rpc_deferred>(&step))
      (*later)(std::make_shared<reply_promise<control_answer>>([&](control_answer a) { answer = std::move(a); },
                                                               control_answer{}));
    else if (auto* refused = std::get_if<protocols::rpc_fault>(&step))
      answer = *refused;
    if (auto* refused = std::get_if<protocols::rpc_fault>(&answer))
      return std::to_string(refused->code) + ' ' + refused->text;
    if (auto* value = std::get_if<rpc_value>(&answer))
      return "later " + *value->string();
    writer.end_response();
    result = std::get<rpc_value>(protocols::parse_response(text).value());
    return "ok";
  }

  tests::scratch folder;
  platform::main_log log{{.path = folder.in("main.log")}};
  status_board board;
  caller_ptr who = whoever_gets_in(board);
  child_io io{log, {}};
  std::shared_ptr<fake> extension = std::make_shared<fake>("ext");
  std::shared_ptr<fake> system = std::make_shared<fake>("system");
  rpc_methods methods{{board, io, log, "me", {}, {"supervisor"}, {extension, system}}};
  rpc_value result;
};

struct row {
  const char* symbol;
  const char* reason;
};
std::ostream& operator<<(std::ostream& out, const row& r) { return out << r.symbol; }

} // namespace

// -- in the table ------

BOOST_FIXTURE_TEST_CASE(calls, context) {
  BOOST_TEST(ask("ext.get", {"x"}) == "later get/1");
  BOOST_TEST(ask("ext.get", {1}) == "later get/1"); // types are the extension's business
  BOOST_TEST(ask("ext.get") == "2 INCORRECT_PARAMETERS");
  BOOST_TEST(ask("ext.add", {1}) == "later add/1");
  BOOST_TEST(ask("ext.add", {1, 2}) == "later add/2");
  BOOST_TEST(ask("ext.add", {1, 2, 3}) == "2 INCORRECT_PARAMETERS");
  for (const char* none : {"ext.nope", "ext.", "ext", "ext.get.x", "other.get", "supervisor.get", "ext.getPID"})
    BOOST_TEST(ask(none, {"x"}) == "1 UNKNOWN_METHOD", none);
  BOOST_TEST(ask("system.get", {"x"}) == "1 UNKNOWN_METHOD"); // the built-in one hides it
}

BOOST_FIXTURE_TEST_CASE(before_the_methods_are_known, context) {
  extension->table = nullptr;
  BOOST_TEST(ask("ext.get") == "30 FAILED: not yet");
  BOOST_TEST(ask("ext.nope", {1, 2}) == "30 FAILED: not yet");
  BOOST_TEST(ask("system.methodHelp", {"ext.get"}) == "4 SIGNATURE_UNSUPPORTED");
  BOOST_TEST(ask("system.listMethods") == "ok");
}

BOOST_FIXTURE_TEST_CASE(not_in_shutdown, context) {
  board.set_daemon(daemon_state::shutdown);
  BOOST_TEST(ask("ext.get", {"x"}) == "6 SHUTDOWN_STATE");
  BOOST_TEST(ask("ext.get") == "2 INCORRECT_PARAMETERS"); // as with built-in ones
}

BOOST_FIXTURE_TEST_CASE(introspection, context) {
  BOOST_TEST(ask("system.listMethods") == "ok");
  const auto& names = *result.items();
  BOOST_TEST(*names.at(0).string() == "ext.add");
  BOOST_TEST(*names.at(1).string() == "ext.get");
  BOOST_TEST(*names.at(2).string() == "supervisor.addProcessGroup");
  BOOST_TEST(*names.at(names.size() - 4).string() == "system.listMethods");
  BOOST_TEST(ask("system.methodSignature", {"ext.add"}) == "ok");
  BOOST_TEST((result == rpc_value(array{"int", "int", "int"})));
  BOOST_TEST(ask("system.methodHelp", {"ext.add"}) == "ok");
  BOOST_TEST(*result.string() == "a sum\n\n@param int a\n@param int b  optional, default 7\n@return int result\n");
  BOOST_TEST(ask("system.methodHelp", {"ext.nope"}) == "4 SIGNATURE_UNSUPPORTED");
}

// -- what they have to look like ------

namespace {

const row shapes[] = {
  {"one|int||", "ok"},
  {"a_1|struct|string name|", "ok"},
  {"a|array|string name, int count=1, boolean wait=|", "ok"},
  {"|int||", "'' is no name of a method"},
  {"_a|int||", "'_a' is no name of a method"},
  {"a.b|int||", "'a.b' is no name of a method"},
  {"1a|int||", "'1a' is no name of a method"},
  {"a|||", "a has no type as result: ''"},
  {"a|two words||", "a has no type as result: 'two words'"},
  {"a|int|name|", "the parameters of a are not written"},
  {"a|int|string name,int b|", "the parameters of a are not written"},
  {"a|int|string a=1, int b|", "the parameters of a are not written"},
  {"a|int|string a, |", "the parameters of a are not written"},
  {"a|int|string  a|", "the parameters of a are not written"},
};

} // namespace

BOOST_DATA_TEST_CASE(shapes_of_methods, data::make(shapes), r) {
  std::string fields[3];
  std::string_view text = r.symbol;
  for (auto& field : fields) {
    field = text.substr(0, text.find('|'));
    text.remove_prefix(field.size() + 1);
  }
  auto checked = checked_methods({{fields[0], fields[1], fields[2], "", access::read}});
  std::string said = checked ? "ok" : checked.error().what;
  BOOST_TEST(said.starts_with(r.reason), said);
}

BOOST_AUTO_TEST_CASE(methods_are_sorted_and_named_once) {
  extension_method b{"b", "int", "", "", access::read};
  extension_method a{"a", "int", "", "", access::read};
  BOOST_TEST(checked_methods({b, a}).value()->at(0).name == "a");
  BOOST_TEST(checked_methods({a, b, a}).error().what == "there are two methods a");
  BOOST_TEST(checked_methods(std::vector<extension_method>(1001, a)).error().what == "more than 1000 methods");
}

// -- a program that ends ------

BOOST_AUTO_TEST_CASE(pauses_grow_until_it_was_up_for_a_while) {
  using std::chrono::seconds;
  restart_pace pace;
  for (int expected : {1, 2, 4, 8, 16, 32, 60, 60})
    BOOST_TEST(pace.ended(seconds{9}).count() == expected);
  for (int expected : {1, 1})
    BOOST_TEST(pace.ended(seconds{10}).count() == expected);
  BOOST_TEST(pace.ended(seconds{0}).count() == 2);
}

BOOST_AUTO_TEST_SUITE_END()
