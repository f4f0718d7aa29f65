// A statement of SQLite and a transaction, ended by leaving their block. Must not be included but by
// platform/history_*.cpp.
#pragma once

#include "platform/history_file.hpp"
#include "platform/sqlite_calls.hpp"

#include <string>
#include <string_view>

namespace troupe::platform {

/// After the first call that fails, all others do nothing.
struct history_file::statement {
  statement(const history_file& of_, std::string_view sql) : of(of_) {
    code = sqlite()->prepare_v2(of.base_, sql.data(), static_cast<int>(sql.size()), &made, nullptr);
  }
  ~statement() { sqlite()->finalize(made); }
  statement(const statement&) = delete;
  statement& operator=(const statement&) = delete;

  bool good() const { return code == sqlite_code::ok || code == sqlite_code::row || code == sqlite_code::done; }
  void bind(int index, std::int64_t value) {
    if (good())
      code = sqlite()->bind_int64(made, index, value);
  }
  void bind(int index, std::string_view text) { // which has to live as long as the statement's run
    if (good())
      code = sqlite()->bind_text(made, index, text.empty() ? "" : text.data(), static_cast<int>(text.size()), nullptr);
  }
  bool next() { ///< a row is there
    if (good())
      code = sqlite()->step(made);
    return code == sqlite_code::row;
  }
  void again() {
    if (good())
      code = sqlite()->reset(made);
  }
  std::int64_t number(int column) const { return sqlite()->column_int64(made, column); }
  std::string text(int column) const {
    const auto* bytes = sqlite()->column_text(made, column);
    auto size = static_cast<std::size_t>(sqlite()->column_bytes(made, column));
    return bytes ? std::string(reinterpret_cast<const char*>(bytes), size) : std::string();
  }
  history_failure failure() const { return good() ? history_failure{} : of.fail(code); }

  const history_file& of;
  ::sqlite3_stmt* made = nullptr;
  int code = 0;
};

struct history_file::transaction {
  explicit transaction(history_file& of_) : of(of_), failure(of.run("BEGIN IMMEDIATE")), open(!failure) {}
  ~transaction() {
    if (open)
      (void)of.run("ROLLBACK");
  }
  transaction(const transaction&) = delete;
  transaction& operator=(const transaction&) = delete;
  history_failure commit() {
    auto came = of.run("COMMIT");
    open = static_cast<bool>(came);
    return came;
  }

  history_file& of;
  history_failure failure;
  bool open;
};

} // namespace troupe::platform
