// Shared objects: what is refused and with which sentence; values over the C ABI; an interface on its thread, also one
// that blocks; the judge of a listener's result. The plug-ins are tests/plugins/odd.c and those of examples/.
#include "actors/extensions/plugin_host.hpp"
#include "actors/extensions/plugins.hpp"
#include "actors/extensions/rpc_plugin.hpp"
#include "actors/io/child_io.hpp"
#include "platform/main_log.hpp"
#include "tests/scratch.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <future>
#include <limits>
#include <thread>

BOOST_AUTO_TEST_SUITE(plugin_test)

using namespace troupe;
using namespace troupe::actors;
using protocols::handler_verdict;
using protocols::rpc_fault;
using protocols::rpc_value;
using array = rpc_value::array;
using structure = rpc_value::structure;
namespace data = boost::unit_test::data;
using namespace std::chrono_literals;

namespace {

const std::string odd = TROUPE_PLUGINS "/odd.so";
const std::string examples = TROUPE_PLUGINS;

struct context {
  context() { log.open(); }

  config::result<std::shared_ptr<rpc_extension>> load(const std::string& symbol, config::environment options = {}) {
    config::rpcinterface_options interface { .name = "x", .factory = symbol, .options = std::move(options) };
    if (interface.factory.find('/') == std::string::npos)
      interface.factory = odd + ':' + symbol;
    return load_rpc_plugin(interface, log);
  }
  std::string refusal(const std::string& symbol, config::environment options = {}) {
    auto loaded = load(symbol, std::move(options));
    return loaded ? "loaded" : loaded.error().what;
  }
  /// As the HTTP thread would.
  void run(const std::string& symbol = "good", config::environment options = {}) {
    extension = load(symbol, std::move(options)).value();
    extension->start({io, rpc(), ask, {}});
    extension->begin();
  }
  rpc_context rpc() {
    return {board,          children, log, "me", [this](const protocols::event& e) { published.push_back(e.body); },
            {"supervisor"}, {}};
  }
  std::future<control_answer> begin(const std::string& method, const array& params) {
    auto answered = std::make_shared<std::promise<control_answer>>();
    extension->call(
      method, params, nullptr,
      std::make_shared<reply_promise<control_answer>>(
        [answered](control_answer a) { answered->set_value(std::move(a)); }, control_answer{rpc_fault{0, "lost"}}));
    return answered->get_future();
  }
  /// A value, or "CODE TEXT" of a fault.
  rpc_value call(const std::string& method, const array& params = {}) { return shown(begin(method, params)); }
  static rpc_value shown(std::future<control_answer> answer) {
    auto a = answer.get();
    if (auto* refused = std::get_if<rpc_fault>(&a))
      return std::to_string(refused->code) + ' ' + refused->text;
    return std::get<rpc_value>(a);
  }
  template <class Condition>
  static void wait(const char* what, Condition condition) {
    for (auto end = std::chrono::steady_clock::now() + 20s; !condition(); std::this_thread::sleep_for(1ms))
      BOOST_REQUIRE_MESSAGE(std::chrono::steady_clock::now() < end, "waited in vain for " << what);
  }

  tests::scratch folder;
  platform::main_log log{{.path = folder.in("main.log")}};
  status_board board;
  child_io children{log, {}};
  boost::asio::io_context io{1};
  std::vector<std::string> published;
  std::function<void(control_request, control_answer_to)> ask = [](const control_request& request,
                                                                   const control_answer_to& answer) {
    (*answer)(request.name == "bad" ? control_answer{rpc_fault{10, "BAD_NAME: bad"}}
                                    : control_answer{std::monostate{}});
  };
  std::shared_ptr<rpc_extension> extension;
};

} // namespace

// -- loading ------

namespace {

struct row {
  const char* symbol;
  const char* reason;
};
std::ostream& operator<<(std::ostream& out, const row& r) { return out << r.symbol; }

const row refusals[] = {
  {"nosuch", " has no symbol nosuch"},
  {"a_number", "a_number is no troupe_rpc_plugin"},
  {"odd_judge", "odd_judge is no troupe_rpc_plugin"},
  {"newer", "newer was built for ABI version 2, this supervisord has version 1"},
  {"shorter", "shorter says its troupe_rpc_plugin has 16 bytes, fewer than "},
  {"short_methods", "its methods were built for another layout, or it has no open()"},
  {"no_open", "its methods were built for another layout, or it has no open()"},
  {"handlerless", "method one has no handler"},
  {"misnamed", "'_one' is no name of a method"},
};

} // namespace

BOOST_DATA_TEST_CASE_F(context, refuses, data::make(refusals), r) {
  auto text = refusal(r.symbol);
  BOOST_TEST(text.starts_with(odd + ':' + r.symbol + " cannot be resolved within [rpcinterface:x]: "), text);
  BOOST_TEST(text.find(r.reason) != std::string::npos, text);
}

BOOST_FIXTURE_TEST_CASE(refuses_what_is_no_shared_object, context) {
  auto missing = refusal("/no/such/lib.so:good");
  BOOST_TEST(missing.starts_with("/no/such/lib.so:good cannot be resolved within [rpcinterface:x]: /no/such/lib.so: "));
  BOOST_TEST(missing.find("No such file") != std::string::npos, missing);
  folder.write("text.so", "no library\n");
  BOOST_TEST(refusal(folder.in("text.so") + ":good").find("cannot be resolved within [rpcinterface:x]: ") !=
             std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(open_may_refuse, context) {
  BOOST_TEST(refusal("good", {{"refuse", "because"}}) == "Could not make x rpc interface");
  BOOST_TEST(folder.read("main.log").find(" WARN [rpcinterface:x]: x was told to refuse: because\n") !=
             std::string::npos);
  BOOST_TEST(refusal("silent") == "Could not make x rpc interface");
  BOOST_TEST(folder.read("main.log").find(" WARN [rpcinterface:x]: it gives no reason\n") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_larger_layout_is_taken, context) {
  auto methods = load("longer").value()->methods();
  BOOST_TEST(methods->at(1).name == "two");
}

BOOST_FIXTURE_TEST_CASE(what_is_opened_is_closed, context) {
  { auto loaded = load("good", {{"path", folder.in("words")}}).value(); }
  BOOST_TEST(folder.read("words") == "close\n"); // it never started
  run("good", {{"path", folder.in("words")}});
  extension.reset();
  BOOST_TEST(folder.read("words") == "close\nstart\nclose\n");
  BOOST_TEST(folder.read("main.log").find(" WARN opened\n") != std::string::npos);
  BOOST_TEST(published.empty());
}

// -- values ------

BOOST_FIXTURE_TEST_CASE(values_go_through, context) {
  run();
  const rpc_value deep = array{1, -2.5, true, "a\0b", rpc_value(), structure{{"k", array{}}, {"", structure{}}}};
  for (const auto& value : {rpc_value(7), rpc_value(std::int64_t{1} << 40), rpc_value("é"), rpc_value(), deep,
                            rpc_value(protocols::rpc_date{"20260102T03:04:05"})})
    BOOST_TEST((call("echo", {value}) == value));
}

BOOST_FIXTURE_TEST_CASE(every_type_reads_as_what_it_is, context) {
  run();
  const rpc_value one_of_each = array{rpc_value(),
                                      true,
                                      7,
                                      2.5,
                                      "s",
                                      protocols::rpc_date{"20260102T03:04:05"},
                                      protocols::rpc_bytes{"raw"},
                                      array{},
                                      structure{{"k", "v"}}};
  auto seen = call("describe", {one_of_each});
  // clang-format off
  const array expected{"6 0 0 0 - 9", "0 0 0 0 - 0", "1 1 0 0 - 0",   "2 0 7 7 - 0", "3 0 0 2.5 - 0",
                       "4 0 0 0 s 0", "5 0 0 0 20260102T03:04:05 0", "4 0 0 0 raw 0", "6 0 0 0 - 0",
                       "7 0 0 0 - 1", "k", "4 0 0 0 v 0"};
  // clang-format on
  std::string lines, wanted;
  for (const auto& line : *seen.items())
    lines += *line.string() + '\n';
  for (const auto& line : expected)
    wanted += *line.string() + '\n';
  BOOST_TEST(lines == wanted);
}

BOOST_FIXTURE_TEST_CASE(a_result_has_to_be_one_value, context) {
  run();
  BOOST_TEST(*call("nothing").string() == "30 FAILED: the result cannot be sent: there is no value");
  BOOST_TEST(*call("tooMuch").string() == "30 FAILED: the result cannot be sent: there is more than one value");
}

namespace {

/// What a writer makes of `steps`: [ ] { } containers, k a name, 1 a value, i an infinite one.
std::string written(std::string_view steps) {
  troupe_writer w;
  const auto& h = plugin_host();
  for (char step : steps)
    switch (step) {
    // clang-format off
    case '[': h.begin_array(&w); break;
    case ']': h.end_array(&w); break;
    case '{': h.begin_struct(&w); break;
    case '}': h.end_struct(&w); break;
    case 'k': h.put_name(&w, "k"); break;
    case '1': h.put_integer(&w, 1); break;
    case 'i': h.put_double(&w, std::numeric_limits<double>::infinity()); break;
      // clang-format on
    }
  auto response = w.finish();
  auto* refused = std::get_if<rpc_fault>(&response);
  return refused ? refused->text.substr(std::string("FAILED: the result cannot be sent: ").size()) : "ok";
}

// clang-format off
const row scripts[] = {
  {"1", "ok"}, {"[]", "ok"}, {"{}", "ok"}, {"[1{k[1]}1]", "ok"}, {"{k1k1}", "ok"},
  {"", "there is no value"}, {"11", "there is more than one value"}, {"[]{}", "there is more than one value"},
  {"[", "an array or struct does not end"}, {"[{}", "an array or struct does not end"},
  {"]", "an array or struct ends that has not begun"}, {"[}", "an array or struct ends that has not begun"},
  {"{k1]", "an array or struct ends that has not begun"}, {"{1}", "a value in a struct has no name"},
  {"{k}", "a member has no value"}, {"{kk1}", "a name stands where a value has to"},
  {"k1", "a name stands where a value has to"}, {"[k1]", "a name stands where a value has to"},
  {"i", "a double is not finite"}, {"[i}{{", "a double is not finite"},
  {"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "it is too deep"},
};
// clang-format on

} // namespace

BOOST_DATA_TEST_CASE(a_writer_remembers_the_first_mistake, data::make(scripts), r) {
  BOOST_TEST(written(r.symbol) == r.reason);
}

// -- the interface's thread ------

BOOST_FIXTURE_TEST_CASE(methods_are_a_table, context) {
  run();
  auto methods = extension->methods();
  BOOST_TEST(methods->size() == 7u);
  BOOST_TEST(methods->at(1).name == "echo");
  BOOST_TEST(methods->at(1).help == "says it again");
  BOOST_TEST((methods->at(3).needs == access::admin));
}

BOOST_FIXTURE_TEST_CASE(calls_the_daemon, context) {
  run();
  BOOST_TEST(*call("relay", {"supervisor.getIdentification"}).string() == "me");
  BOOST_TEST(*call("relay", {"supervisor.startProcess", array{"p"}}).boolean());
  BOOST_TEST(*call("relay", {"supervisor.startProcess", array{"bad"}}).string() == "10 BAD_NAME: bad");
  BOOST_TEST(*call("relay", {"supervisor.nope"}).string() == "1 UNKNOWN_METHOD");
  BOOST_TEST(*call("relay", {"supervisor.getPID", array{1}}).string() == "2 INCORRECT_PARAMETERS");
  BOOST_TEST(*call("relay", {"x.echo", array{1}}).string() ==
             "1 UNKNOWN_METHOD"); // extensions do not wait for each other
  BOOST_TEST(*call("relay", {"system.multicall", array{array{}}}).string() == "1 UNKNOWN_METHOD");
  BOOST_TEST(call("relay", {"system.listMethods"}).items()->size() > 40u);
  BOOST_TEST(*call("tell", {"a word"}).boolean());
  BOOST_TEST(folder.read("main.log").find(" INFO a word\n") != std::string::npos);
  BOOST_TEST(published.at(0) == "type:told\na word");
}

BOOST_FIXTURE_TEST_CASE(calls_wait_in_a_bounded_queue, context) {
  run("good", {{"path", folder.in("words")}});
  auto first = begin("waitFor", {folder.in("go")});
  wait("the call", [&] { return folder.read("words").ends_with("waiting\n"); });
  std::vector<std::future<control_answer>> others;
  for (int i = 0; i < 64; ++i)
    others.push_back(begin("echo", {i}));
  BOOST_TEST(*call("echo", {1}).string() == "30 FAILED: too many calls of rpc interface 'x' wait");
  BOOST_TEST((others[0].wait_for(0s) == std::future_status::timeout));
  folder.write("go", "");
  BOOST_TEST(*shown(std::move(first)).boolean());
  for (int i = 0; i < 64; ++i)
    BOOST_TEST(*shown(std::move(others[static_cast<std::size_t>(i)])).integer() == i);
}

BOOST_FIXTURE_TEST_CASE(a_call_that_never_ends_is_left_behind, context) {
  run("good", {{"path", folder.in("words")}});
  auto first = begin("waitFor", {folder.in("go")});
  wait("the call", [&] { return folder.read("words").ends_with("waiting\n"); });
  auto second = begin("echo", {1});
  extension->stop();
  BOOST_TEST(*shown(std::move(second)).string() == "6 SHUTDOWN_STATE");
  BOOST_TEST(*call("echo", {1}).string() == "6 SHUTDOWN_STATE");
  extension->join(); // after seconds
  BOOST_TEST(*shown(std::move(first)).string() == "0 lost");
  extension.reset();
  folder.write("go", ""); // it ends by itself, and touches nothing of ours
  wait("its end", [&] { return folder.read("words").ends_with("close\n"); });
}

// -- judges ------

BOOST_AUTO_TEST_CASE(the_default_judge) {
  auto judge = load_result_handler("supervisor.dispatchers:default_handler", "eventlistener:e").value();
  BOOST_TEST((judge("h", "b", "OK") == handler_verdict::accept));
  for (const char* result : {"", "FAIL", "ok", "OK\n"})
    BOOST_TEST((judge("h", "b", result) == handler_verdict::reject), result);
}

BOOST_AUTO_TEST_CASE(a_judge_that_throws) { // must not end the daemon
  auto judge = load_result_handler(examples + "/throws.so:judge", "eventlistener:e").value();
  BOOST_TEST((judge("h", "b", "OK") == handler_verdict::error));
  BOOST_TEST((judge("h", "b", "x") == handler_verdict::error));
}

BOOST_AUTO_TEST_CASE(a_judge_in_a_shared_object) {
  auto judge = load_result_handler(examples + "/judge.so:judge", "eventlistener:e").value();
  BOOST_TEST((judge("h", "b", "SKIP") == handler_verdict::accept));
  BOOST_TEST((judge("h", "b", "FAIL") == handler_verdict::reject));
  BOOST_TEST((judge("h", "b", "BUG 7") == handler_verdict::error));
  auto other = load_result_handler(odd + ":odd_judge", "eventlistener:e").value();
  BOOST_TEST((other("h", "b", "OK") == handler_verdict::error));
}

BOOST_AUTO_TEST_CASE(judges_that_are_refused) {
  const row judges[] = {{"good", "good is no troupe_result_handler"},
                        {"newer_judge", "newer_judge was built for ABI version 2, this supervisord has version 1"},
                        {"no_judge", "it has no judge"}};
  for (const auto& r : judges) {
    auto loaded = load_result_handler(odd + ':' + r.symbol, "eventlistener:e");
    BOOST_REQUIRE(!loaded);
    BOOST_TEST(loaded.error().what ==
               odd + ':' + r.symbol + " cannot be resolved within [eventlistener:e]: " + r.reason);
  }
  BOOST_TEST(load_result_handler("module:function", "eventlistener:e").error().what ==
             "module:function cannot be resolved within [eventlistener:e]: it is not written as /path/lib.so:symbol");
}

BOOST_AUTO_TEST_SUITE_END()
