// See sqlite_calls.hpp.
#include "platform/sqlite_calls.hpp"

#include "platform/shared_library.hpp"

#include <optional>
#include <string>

namespace troupe::platform {

namespace {

struct loaded {
  std::optional<shared_library> library;
  sqlite_calls calls;
  std::string why_not;
};

loaded load() {
  loaded made;
  for (const char* name : {"libsqlite3.so.0", "libsqlite3.dylib"}) {
    auto opened = shared_library::open(name);
    if (opened) {
      made.library.emplace(*std::move(opened));
      break;
    }
    if (made.why_not.empty())
      made.why_not = opened.error().what;
  }
  if (!made.library)
    return made;
  made.why_not.clear();
#define TROUPE_ROW(function, type)                                                                                     \
  made.calls.function =                                                                                                \
    reinterpret_cast<sqlite_calls::function##_type>(const_cast<void*>(made.library->symbol("sqlite3_" #function)));    \
  if (!made.calls.function)                                                                                            \
    made.why_not = "it has no sqlite3_" #function;
  TROUPE_OF_SQLITE(TROUPE_ROW)
#undef TROUPE_ROW
  return made;
}

/// Never unloaded: a thread that a disk has kept may come back to it.
const loaded& the_library() {
  static const loaded* const made = new loaded(load());
  return *made;
}

} // namespace

const sqlite_calls* sqlite() { return the_library().why_not.empty() ? &the_library().calls : nullptr; }

const std::string& why_no_sqlite() { return the_library().why_not; }

} // namespace troupe::platform
