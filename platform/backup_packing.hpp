// The compression of one log's backups, a portion at a time: finds the newest plain one, packs it, puts the result in
// its place. Backups change their names meanwhile, so they are known by their inodes.
// Must not know threads or other logs (backup_compressor does). Cases: tests/platform/backup_compressor_test.cpp.
#pragma once

#include "platform/gzip.hpp"
#include "platform/safe_path.hpp"
#include "platform/unique_fd.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include <sys/stat.h>

namespace troupe::platform {

using file_identity = std::pair<dev_t, ino_t>;

inline file_identity identity_of(const struct stat& info) { return {info.st_dev, info.st_ino}; }

/// What its compressor knows.
struct packing_means {
  std::function<bool(const struct stat&)> leased; ///< somebody may still append to it
  std::function<std::unique_lock<std::mutex>(int folder)> hold_names;
  const std::atomic<bool>& stopping;
};

class backup_packing {
public:
  backup_packing(const packing_means& means, std::string file, std::int64_t backups)
      : means_(means), file_(std::move(file)), backups_(backups) {}
  ~backup_packing() { give_up(); } ///< what is half done goes
  backup_packing(const backup_packing&) = delete;
  backup_packing& operator=(const backup_packing&) = delete;

  const std::string& file() const { return file_; }
  std::int64_t backups() const { return backups_; }
  void set_backups(std::int64_t count) { backups_ = count; }

  struct outcome {
    enum class kind { more, all_done, failed } is = kind::all_done;
    bool packed_one = false;
    std::string sentence{}; ///< of what failed
  };
  /// Up to `share` bytes of one backup. `more`: there may be more to do.
  outcome go_on(std::int64_t share);
  bool holds_files() const { return packing_ || comparison_; } ///< it is in the middle of one
  void give_up();                                              ///< that one: it begins anew

private:
  struct backup {
    std::int64_t number = 0;
    std::string name; ///< in the folder
    unique_fd fd;
    struct stat info {};
  };
  std::string stem() const { return at_.name + '.'; }
  std::string part() const { return at_.name + ".gz-part"; }
  bool look(const std::string& name, struct stat& info) const;
  bool exists(const std::string& name) const;
  bool is_at(const struct stat& file, const std::string& name) const;
  unique_fd open_backup(const std::string& name, struct stat& info) const;
  int remove(const std::string& name) const;
  int rename(const std::string& from, const std::string& to) const;

  bool find_newest(const pause_wanted& pause);
  bool settle_twin(const pause_wanted& pause);
  bool in_its_row() const;
  unique_fd make_part() const;
  void keep_time() const;
  int put_in_place() const;
  outcome end_of(int error);

  const packing_means& means_;
  std::string file_;
  std::int64_t backups_;
  place at_{};    ///< held: whoever owns the folder cannot lead us into another one
  backup source_; ///< the one under way
  unique_fd part_;
  std::optional<gzip_packing> packing_; ///< of source_ into part_
  unique_fd twin_;
  struct stat twin_info_ {};
  std::optional<gzip_comparison> comparison_; ///< of source_ and twin_
  std::set<file_identity> somebodys_;         ///< plain ones that have a compressed one of their number: they stay
};

} // namespace troupe::platform
