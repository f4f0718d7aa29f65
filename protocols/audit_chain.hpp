// The numbers of an audit trail's lines and the chain that links them: each says the hash of the one before, over files
// and restarts; and the check of what is in the files. Pure: the hash comes in, files are the caller's.
// Source: docs/contract/access.md, 7.3. Cases: tests/protocols/audit_test.cpp.
#pragma once

#include "protocols/audit_record.hpp"
#include "protocols/digest.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::protocols {

/// Where a trail has come to.
struct audit_head {
  std::uint64_t seq = 0; ///< of the last line; 0: there is none
  std::string hash;      ///< of that line, hexadecimal; of nothing: zeros
  bool operator==(const audit_head&) const = default;
};
audit_head no_audit_yet();

/// After a line that is in a file, as a restart finds it; nullopt: it is none of ours.
std::optional<audit_head> audit_head_after(std::string_view line, const hash_function& hash);

class audit_chain {
public:
  /// `hash`: empty for numbers alone.
  audit_chain(hash_function hash, audit_head from) : hash_(std::move(hash)), head_(std::move(from)) {}

  /// The next line, without the newline; it counts once wrote() is told that it is in the file.
  std::string line(const audit_record& of) const;
  /// The first line of a new file.
  std::string begin(wall_time when) const;
  void wrote(std::string_view line);

  const audit_head& head() const { return head_; }
  /// For the main log, at the first record of each hour; else empty.
  std::string record_of_head(wall_time now);

private:
  std::string linked(std::string object) const;

  hash_function hash_;
  audit_head head_;
  std::optional<std::int64_t> told_; ///< hours since the epoch
};

/// Reads the lines of a trail, oldest first, one file after the other.
class audit_check {
public:
  explicit audit_check(hash_function hash) : hash_(std::move(hash)) {}

  /// nullopt: it fits; else what is wrong with the line.
  std::optional<std::string> line(std::string_view line);
  /// `OK: N records, seq A to B, head HASH`.
  std::string verdict() const;

private:
  hash_function hash_;
  std::uint64_t count_ = 0, first_ = 0;
  audit_head head_;
};

} // namespace troupe::protocols
