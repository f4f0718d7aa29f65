// The functions of SQLite that the history needs, looked up in libsqlite3 when they are first asked for: who keeps no
// history needs no library, neither to build nor to run. One row per function, with the prototype that SQLite has kept
// for ever. Must not be included but by platform/history_file*.cpp.
#pragma once

#include "config/result.hpp"

#include <cstdint>

struct sqlite3;
struct sqlite3_stmt;

namespace troupe::platform {

// clang-format off
#define TROUPE_OF_SQLITE(ROW) \
  ROW(open_v2, int (*)(const char* path, sqlite3** made, int flags, const char* vfs)) \
  ROW(close_v2, int (*)(sqlite3*)) \
  ROW(extended_result_codes, int (*)(sqlite3*, int on)) \
  ROW(errmsg, const char* (*)(sqlite3*)) \
  ROW(errstr, const char* (*)(int code)) \
  ROW(prepare_v2, int (*)(sqlite3*, const char* sql, int bytes, sqlite3_stmt** made, const char** rest)) \
  ROW(step, int (*)(sqlite3_stmt*)) \
  ROW(reset, int (*)(sqlite3_stmt*)) \
  ROW(clear_bindings, int (*)(sqlite3_stmt*)) \
  ROW(finalize, int (*)(sqlite3_stmt*)) \
  ROW(bind_int64, int (*)(sqlite3_stmt*, int index, std::int64_t)) \
  ROW(bind_text, int (*)(sqlite3_stmt*, int index, const char* text, int bytes, void (*)(void*))) \
  ROW(column_int64, std::int64_t (*)(sqlite3_stmt*, int column)) \
  ROW(column_text, const unsigned char* (*)(sqlite3_stmt*, int column)) \
  ROW(column_bytes, int (*)(sqlite3_stmt*, int column)) \
  ROW(progress_handler, void (*)(sqlite3*, int steps, int (*)(void*), void*))
// clang-format on

struct sqlite_calls {
#define TROUPE_ROW(function, type)                                                                                     \
  using function##_type = type;                                                                                        \
  function##_type function = nullptr;
  TROUPE_OF_SQLITE(TROUPE_ROW)
#undef TROUPE_ROW
};

/// What the functions return, of SQLite's numbers; the lowest eight bits of a code.
namespace sqlite_code {
inline constexpr int ok = 0, busy = 5, locked = 6, no_memory = 7, read_only = 8, interrupt = 9, io_error = 10,
                     corrupt = 11, full = 13, cannot_open = 14, no_database = 26, row = 100, done = 101;
}

/// Null: this system has none that is fit for us; see why_no_sqlite(). Any thread.
const sqlite_calls* sqlite();
/// The loader's own sentence.
const std::string& why_no_sqlite();

} // namespace troupe::platform
