// What the texts of a process say of others to somebody who sees only `db` and `g:a`. The texts are those of
// docs/contract/programs.md, 1.4.
#include "actors/rpc/seen_status.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <ostream>

BOOST_AUTO_TEST_SUITE(seen_status_test)

using namespace troupe::actors;
namespace data = boost::unit_test::data;

namespace {

bool some_are_seen(std::string_view name) { return name == "db" || name == "g:a"; }

struct row {
  const char* text;
  const char* seen; ///< null: all of it
  friend std::ostream& operator<<(std::ostream& out, const row& r) { return out << '"' << r.text << '"'; }
};

const row waiting[] = {
  {"", nullptr},
  {"waiting for db:ready", nullptr},
  {"waiting for key:ready", nullptr},
  {"waiting for db:ready (db is FATAL)", nullptr},
  {"waiting for g:a:started (g:a is STOPPED) and 2 more", nullptr},
  {"waiting for key:ready (key is FATAL)", "waiting for key:ready"},
  {"waiting for key:ready (key is not in service) and 2 more", "waiting for key:ready and 2 more"},
  {"waiting for g:b:exited_ok (g:b is EXITED)", "waiting for g:b:exited_ok"},
  {"waiting for keys:ready (1 of 2)", nullptr}, // they are counted, not named
  {"waiting for off:ready (not in service)", nullptr},
  {"waiting for its dependencies", nullptr},
  {"waiting to restart", nullptr},
};

const row errors[] = {
  {"", nullptr},
  {"Exited too quickly (process log may have details)", nullptr},
  {"dependency db:ready: db is FATAL", nullptr},
  {"dependency key:ready: key is FATAL", "dependency key:ready"},
  {"dependency g:b:exited_ok: g:b exited (exit status 3)", "dependency g:b:exited_ok"},
  {"dependency keys:ready: 1 of 2 are ready", nullptr},
  {"dependency key:ready: not met after 60 seconds", nullptr},
};

} // namespace

BOOST_DATA_TEST_CASE(of_descriptions, data::make(waiting), r) {
  BOOST_TEST(waiting_as_seen(r.text, some_are_seen).value_or("all") == (r.seen ? r.seen : "all"));
}

BOOST_DATA_TEST_CASE(of_errors, data::make(errors), r) {
  BOOST_TEST(error_as_seen(r.text, some_are_seen).value_or("all") == (r.seen ? r.seen : "all"));
}

BOOST_AUTO_TEST_SUITE_END()
