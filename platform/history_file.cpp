// See history_file.hpp: opening, writing, trimming. What is read: history_reading.cpp.
#include "platform/history_file.hpp"

#include "platform/history_statement.hpp"
#include "platform/unique_fd.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace troupe::platform {

using kind = history_failure::kind;

namespace {

constexpr std::int64_t our_mark = 0x54727068; ///< application_id
constexpr std::int64_t our_version = 1;       ///< of the tables
constexpr int read_and_write = 0x2, no_mutex = 0x8000;
constexpr std::int64_t most_removed = 5000; ///< records at a time

std::string folder_of(const std::string& path) {
  auto slash = path.rfind('/');
  return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

history_failure refused(std::string why) { return {kind::refused, std::move(why)}; }

/// For its owner alone, and no link that somebody left there.
history_failure make_new(const std::string& path) {
  unique_fd made{::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600)};
  if (made)
    return {};
  auto is = errno == ENOSPC || errno == EDQUOT ? kind::full : errno == EROFS ? kind::read_only : kind::other;
  return {is, std::strerror(errno)};
}

} // namespace

history_file::history_file(std::string path, bool full_sync, const std::atomic<bool>* interrupt)
    : path_(std::move(path)), full_sync_(full_sync), interrupt_(interrupt) {}

history_file::~history_file() { close(); }

void history_file::close() {
  if (base_)
    sqlite()->close_v2(std::exchange(base_, nullptr));
}

history_failure history_file::fail(int code) const {
  constexpr int primary = 0xff;
  auto words = [&] { return std::string(base_ ? sqlite()->errmsg(base_) : sqlite()->errstr(code)); };
  switch (code & primary) {
  case sqlite_code::busy:
  case sqlite_code::locked:
    return {kind::in_use, "it is in use"};
  case sqlite_code::full:
    return {kind::full, "disk full"};
  case sqlite_code::read_only:
    return {kind::read_only, "read-only"};
  case sqlite_code::corrupt:
  case sqlite_code::no_database:
    return {kind::damaged, words()};
  case sqlite_code::interrupt:
    return {kind::overdue, "it takes too long"};
  default:
    return {kind::other, words()};
  }
}

history_failure history_file::run(const std::string& sql) {
  statement made{*this, sql};
  while (made.next()) {
  }
  return made.failure();
}

history_failure history_file::number(const std::string& sql, std::int64_t& into) {
  statement made{*this, sql};
  if (made.next())
    into = made.number(0);
  return made.failure();
}

/// Whoever can write the folder could put another file, or a log of changes, in its place.
history_failure history_file::prepare_file() const {
  if (auto who = history_intruder(path_); !who.empty())
    return refused(who + " can write " + folder_of(path_));
  struct stat found {};
  if (::lstat(path_.c_str(), &found) != 0)
    return errno == ENOENT ? make_new(path_) : history_failure{kind::other, std::strerror(errno)};
  if (!S_ISREG(found.st_mode))
    return refused(S_ISLNK(found.st_mode) ? "it is a link" : "it is no file");
  if (found.st_uid != ::geteuid() || found.st_nlink != 1)
    return refused(found.st_nlink != 1 ? "it has several names" : "it belongs to another user");
  constexpr unsigned of_others = 077;
  if ((found.st_mode & of_others) != 0 && ::chmod(path_.c_str(), 0600) != 0)
    return {errno == EROFS ? kind::read_only : kind::other, std::strerror(errno)};
  return {};
}

history_failure history_file::open() {
  if (!sqlite())
    return {kind::no_library, why_no_sqlite()};
  close();
  if (auto failure = prepare_file())
    return failure;
  int code = sqlite()->open_v2(path_.c_str(), &base_, read_and_write | no_mutex, nullptr);
  auto failure = code == sqlite_code::ok ? set_up() : fail(code);
  if (failure)
    close();
  return failure;
}

/// Without a file for shared memory, as nobody else may open it.
history_failure history_file::set_up() {
  sqlite()->extended_result_codes(base_, 1);
  for (const char* sql : {"PRAGMA locking_mode=EXCLUSIVE", "PRAGMA mmap_size=0", "PRAGMA cache_size=-256",
                          "PRAGMA temp_store=MEMORY", "PRAGMA trusted_schema=OFF"})
    if (auto failure = run(sql))
      return failure;
  bool empty = false;
  if (auto failure = is_ours(empty))
    return failure;
  if (empty)
    if (auto failure = run("PRAGMA auto_vacuum=INCREMENTAL"))
      return failure;
  for (const char* sql :
       {"PRAGMA journal_mode=WAL", full_sync_ ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL",
        "PRAGMA wal_autocheckpoint=256", "PRAGMA journal_size_limit=1048576"})
    if (auto failure = run(sql))
      return failure;
  if (empty)
    if (auto failure = make_tables())
      return failure;
  return number("SELECT coalesce(max(id), 0) FROM record", last_id_);
}

history_failure history_file::is_ours(bool& empty) {
  std::int64_t mark = 0, version = 0, tables = 0;
  for (auto [sql, into] : {std::pair{"PRAGMA application_id", &mark},
                           {"PRAGMA user_version", &version},
                           {"SELECT count(*) FROM sqlite_master", &tables}})
    if (auto failure = number(sql, *into))
      return failure;
  empty = mark == 0 && version == 0 && tables == 0;
  if (!empty && mark != our_mark)
    return {kind::damaged, "it is another program's database"};
  if (version > our_version)
    return {kind::newer, "a later version of supervisord has written it"};
  return {};
}

history_failure history_file::make_tables() {
  transaction whole{*this};
  if (whole.failure)
    return whole.failure;
  for (const char* sql :
       {"CREATE TABLE record (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind INTEGER NOT NULL, name TEXT NOT NULL, "
        "who TEXT NOT NULL, serial INTEGER NOT NULL, what TEXT NOT NULL)",
        "CREATE INDEX record_name ON record (name)", "CREATE INDEX record_at ON record (at)"})
    if (auto failure = run(sql))
      return failure;
  for (auto [sql, value] : {std::pair{"PRAGMA application_id=", our_mark}, {"PRAGMA user_version=", our_version}})
    if (auto failure = run(sql + std::to_string(value)))
      return failure;
  return whole.commit();
}

history_failure history_file::write(std::span<const history_row> rows) {
  transaction whole{*this};
  if (whole.failure)
    return whole.failure;
  statement insert{*this, "INSERT OR IGNORE INTO record VALUES (?, ?, ?, ?, ?, ?, ?)"};
  for (const auto& row : rows) {
    insert.again();
    insert.bind(1, row.id);
    insert.bind(2, row.at);
    insert.bind(3, static_cast<std::int64_t>(row.kind));
    insert.bind(4, row.name);
    insert.bind(5, row.who);
    insert.bind(6, row.serial);
    insert.bind(7, row.what);
    insert.next();
    if (auto failure = insert.failure())
      return failure;
  }
  auto failure = whole.commit();
  if (!failure && !rows.empty())
    last_id_ = std::max(last_id_, rows.back().id);
  return failure;
}

history_failure history_file::trim(std::int64_t max_bytes, std::int64_t oldest, bool& more) {
  more = false;
  std::int64_t first = 0, last = 0, pages = 0, page_size = 0;
  for (auto [sql, into] : {std::pair{"SELECT coalesce(min(id), 0) FROM record", &first},
                           {"SELECT coalesce(max(id), 0) FROM record", &last},
                           {"PRAGMA page_count", &pages},
                           {"PRAGMA page_size", &page_size}})
    if (auto failure = number(sql, *into))
      return failure;
  if (first == last) // the newest stays, so that no number is given twice
    return {};
  std::int64_t cut = 0;
  if (max_bytes > 0 && pages * page_size > max_bytes - max_bytes / 16) {
    auto count = std::clamp<std::int64_t>((last - first) / 8, 1, most_removed);
    if (auto failure = number("SELECT id FROM record ORDER BY id LIMIT 1 OFFSET " + std::to_string(count), cut))
      return failure;
  }
  auto begin = "(SELECT id, at FROM record ORDER BY id LIMIT " + std::to_string(most_removed) + ')';
  std::int64_t kept = 0;
  if (auto failure = number("SELECT coalesce((SELECT id FROM " + begin + " WHERE at >= " + std::to_string(oldest) +
                              " ORDER BY id LIMIT 1), (SELECT max(id) + 1 FROM " + begin + "))",
                            kept))
    return failure;
  cut = std::min(std::max(cut, kept), last);
  if (cut <= first)
    return {};
  more = true;
  // Of the configuration the newest record before the cut stays: it is what those behind it ran by.
  auto of_config = std::to_string(static_cast<int>(config::history_kind::config));
  auto bound = std::to_string(cut);
  if (auto failure = run("DELETE FROM record WHERE id < " + bound + " AND id <> coalesce((SELECT max(id) FROM record " +
                         "WHERE id < " + bound + " AND kind = " + of_config + "), 0)"))
    return failure;
  return run("PRAGMA incremental_vacuum");
}

history_failure history_file::copy_to(const std::string& path) {
  if (path.empty() || path.front() != '/')
    return refused("the name of the copy must begin with a /");
  if (auto who = history_intruder(path); !who.empty())
    return refused(who + " can write " + folder_of(path));
  if (auto failure = make_new(path))
    return failure;
  statement copy{*this, "VACUUM INTO ?"};
  copy.bind(1, path);
  copy.next();
  auto failure = copy.failure();
  if (failure)
    ::unlink(path.c_str());
  return failure;
}

std::string history_intruder(const std::string& path) {
  struct stat folder {};
  if (::stat(folder_of(path).c_str(), &folder) != 0)
    return {}; // to be found out when it is opened
  if ((folder.st_mode & S_IWOTH) != 0)
    return "everybody";
  if ((folder.st_mode & S_IWGRP) != 0 && folder.st_gid != 0)
    return "group " + std::to_string(folder.st_gid);
  if (folder.st_uid != 0 && folder.st_uid != ::geteuid())
    return "user " + std::to_string(folder.st_uid);
  return {};
}

std::string set_history_aside(const std::string& path, std::int64_t now) {
  auto seconds = static_cast<std::time_t>(now / 1'000'000);
  std::tm parts{};
  std::array<char, 32> text{};
  ::gmtime_r(&seconds, &parts);
  std::strftime(text.data(), text.size(), "%Y%m%dT%H%M%SZ", &parts);
  auto aside = path + ".bad-" + text.data();
  if (std::rename(path.c_str(), aside.c_str()) != 0)
    return {};
  for (const char* part : {"-wal", "-journal", "-shm"})
    (void)std::rename((path + part).c_str(), (aside + part).c_str());
  return aside;
}

} // namespace troupe::platform
