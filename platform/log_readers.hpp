// Who reads a log while we write it: where a log without backups is emptied, what he has not read yet is kept for him.
// The threads that write and read meet here. Must not read or empty a log for any other reason. Source:
// docs/supervisorctl.md, "Logs".
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <sys/types.h>

namespace troupe::platform {

/// The place of one reader in one file.
struct log_reader_place {
  std::mutex mutex; ///< of what follows
  int fd = -1;      ///< his, for as long as he has this place
  std::int64_t offset = 0;
  bool is_emptied = false; ///< at this moment: nothing is to be read from the file
  bool was_emptied = false;
  std::string kept; ///< what he had not read then, at most `most_kept`
  dev_t device = 0; ///< of the file; these two never change
  ino_t inode = 0;
  static constexpr std::size_t most_kept = 1 << 20;
};

/// Takes a place in the file that is open there; it ends with the last owner.
std::shared_ptr<log_reader_place> take_log_place(int fd, std::int64_t offset);

/// While it lives a file is emptied; before that its readers' bytes are put aside. Costs nothing where nobody reads.
class log_emptying {
public:
  explicit log_emptying(int fd);
  ~log_emptying();
  log_emptying(const log_emptying&) = delete;
  log_emptying& operator=(const log_emptying&) = delete;

private:
  std::vector<std::shared_ptr<log_reader_place>> readers_;
};

} // namespace troupe::platform
