// The register's file: made where nobody else can write, judged before it is believed, mapped. What is in it:
// register_layout.hpp. Must not read or write a slot. linux/register.cpp; posix/ has none.
// Source: docs/contract/survival.md, 3.1, 5.4. Cases: tests/platform/register_test.cpp.
#pragma once

#include "platform/register_layout.hpp"
#include "platform/unique_fd.hpp"

#include <string>

#include <sys/stat.h>
#include <sys/types.h>

namespace troupe::platform {

/// Whom and which boot a register has to be of.
struct register_owner {
  uid_t uid = 0;
  std::string boot_id;
};
register_owner own_register();

/// Empty, or why a file that was found is no register of ours: `is a link`, `is of another boot`. `size` bytes of its
/// header were read. Pure.
std::string trouble_with_register(const struct stat& file, const register_header& header, std::size_t size,
                                  const register_owner& owner);

/// The mapping; keeps the descriptor, which is inherited by nobody unless asked.
class shared_register {
public:
  shared_register() = default;
  shared_register(shared_register&& other) noexcept;
  shared_register& operator=(shared_register&& other) noexcept;
  ~shared_register();

  /// Maps what `fd` is, if it is a whole register of layout 1; else empty. `writable`: as keeper or worker.
  static shared_register map(unique_fd fd, bool writable = true);

  explicit operator bool() const { return memory_ != nullptr; }
  register_memory* operator->() const { return memory_; }
  register_memory& operator*() const { return *memory_; }
  int fd() const { return fd_.get(); }

private:
  unique_fd fd_;
  register_memory* memory_ = nullptr;
};

struct new_register {
  shared_register memory; ///< empty: not even a memfd could be had, `error`
  int error = 0;
  bool is_file = false;    ///< at the path; else it has no name and dies with the pair
  std::string why_no_file; ///< then: `FOLDER is not a tmpfs`
  std::string ignored;     ///< what stood there before and was put away, with the reason; empty: nothing
};
/// A fresh one, locked by its open file for as long as keeper or worker lives. `path` empty: without a name. What has
/// the path already is replaced only if it is a register of ours, whole or not, that no living pair holds (EBUSY).
new_register make_register(const std::string& path);

struct found_register {
  shared_register memory; ///< read only; empty: there is none, or `trouble`
  std::string trouble;    ///< it is there and is not believed
  bool in_use = false;    ///< its keeper or worker lives
  bool is_ours = false;   ///< a register that we have made, whatever has become of it: may be replaced
};
/// What a daemon that died has left at `path`. Never follows a link.
found_register find_register(const std::string& path);

/// Removes the name of the file behind `fd`, if it still is that file's. Allocates nothing (linux/register_name.cpp).
void remove_register(int fd);

} // namespace troupe::platform
